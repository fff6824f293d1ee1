import { RINGTAIL_VERSION } from '@ringtail/base';
import type { RunDirectory } from '@ringtail/posix';
import { Consumer, type ConsumerOptions } from '../consumer.ts';
import { Connection } from './connection.ts';
import { WakeFifo } from './wake-fifo.ts';

export interface DaemonOptions extends ConsumerOptions {
  readonly runDirectory: RunDirectory;
  readonly makeFifo: (path: string) => void;
  /** Realtime, for the names of directories. */
  readonly now: () => Date;
}

/** Consumer that serves the session daemon of a run directory. */
export interface Daemon {
  /** Drains all rings, closes all outputs and resolves {@link Daemon.ended}. */
  end(why: string): void;
  /** Resolves once the daemon has ended, by {@link Daemon.end} or because the session daemon went away. */
  readonly ended: Promise<void>;
}

export function startDaemon({ runDirectory, makeFifo, now, ...options }: DaemonOptions): Daemon {
  const consumer = new Consumer(options);
  const fifo = WakeFifo.open(runDirectory.wakeFifo, makeFifo, () => consumer.wake());
  let resolve: () => void = () => {};
  const ended = new Promise<void>((resolveEnded) => {
    resolve = resolveEnded;
  });
  let ending = false;
  const end = (why: string) => {
    if (ending) return;
    ending = true;
    options.log(`ends: ${why}`);
    connection.end();
    fifo.close();
    consumer.close();
    resolve();
  };
  const connection = new Connection(runDirectory.consumerSocket, {
    onCommand: (command) => {
      if (command.type === 'snapshot') return consumer.snapshot(command);
      return command.type === 'channel-use' ? consumer.channelUses(command.channels) : consumer.handle(command);
    },
    onClosed: (why) => {
      const recovered = ending ? undefined : consumer.recoverSnapshots(now());
      if (recovered instanceof Promise) void recovered.finally(() => end(why));
      else end(why);
    },
  });
  options.log(`version ${RINGTAIL_VERSION} serves ${runDirectory.path}`);
  return { end, ended };
}
