import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describeError } from '@ringtail/base';
import { daemonEnvironment, type Posix, type Watch } from '@ringtail/posix';
import { encodeFrame, FrameDecoder } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import { HELPER_FRAME_BYTES_MAX, type HelperReply, type HelperRequest } from './helper-messages.ts';

/** A request is far shorter than the buffer of a socket, and a helper without work reads at once. */
const SEND_TIMEOUT_MS = 1000;
const READ_BYTES = 64 * 1024;

/** Callbacks of a helper, in the order of the events. */
export interface HelperEvents {
  onReply(reply: HelperReply, descriptor: number | undefined): void;
  /** The process is gone: no callback follows. */
  onEnded(how: string): void;
}

/** The session daemon's side of one helper process. */
export interface HelperProcess {
  readonly pid: number;
  /** Whether it has started: requests are carried out at once. */
  readonly isReady: boolean;
  events: HelperEvents;
  send(request: HelperRequest): void;
  /** Lets it end once it has nothing to do. */
  end(): void;
  kill(): void;
}

export type StartHelper = (events: HelperEvents) => HelperProcess;

/**
 * Starts helper processes from a main module.
 *
 * Helpers do not keep the session daemon alive: a helper that hangs in the kernel cannot even be killed.
 */
export function helperStarter(mainPath: string, posix: Posix, log: Log): StartHelper {
  return (events) => {
    const [ours, theirs] = posix.socketPair();
    const child = spawn(process.execPath, [mainPath], {
      cwd: '/',
      env: daemonEnvironment(),
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', theirs],
    });
    closeSync(theirs);
    child.unref();
    const stderr = child.stderr as typeof child.stderr & { unref?(): void };
    stderr?.unref?.();
    if (stderr !== null) {
      createInterface({ input: stderr })
        .on('line', (line) => log.warn(`helper ${child.pid}: ${line}`))
        .on('error', () => {});
    }
    let socket: number | undefined = ours;
    const decoder = new FrameDecoder(HELPER_FRAME_BYTES_MAX);
    const buffer = Buffer.alloc(READ_BYTES);
    const descriptors: number[] = [];
    let isReady = false;
    const helper: HelperProcess = {
      pid: child.pid ?? 0,
      get isReady() {
        return isReady;
      },
      events,
      send(request) {
        if (socket === undefined) return;
        try {
          posix.sendWithFd(socket, encodeFrame(request, HELPER_FRAME_BYTES_MAX), null, SEND_TIMEOUT_MS);
        } catch (error) {
          // It has just ended: `onEnded` follows.
          log.debug(`helper ${child.pid}: ${describeError(error)}`);
        }
      },
      end: close,
      kill() {
        close();
        child.kill('SIGKILL');
      },
    };
    const watch: Watch = posix.watch(ours, read, { unref: true });
    child.once('error', (error) => ended(`it could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      ended(signal === null ? `it ended with exit code ${code}` : `it was killed by ${signal}`),
    );
    return helper;

    function close(): void {
      if (socket === undefined) return;
      watch.close();
      closeSync(socket);
      socket = undefined;
      for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
    }

    function ended(how: string): void {
      // Answers that it sent before its end are still in the socket.
      read();
      close();
      helper.events.onEnded(how);
    }

    function read(): void {
      while (socket !== undefined) {
        const received = posix.receiveWithFds(socket, buffer);
        if (received === null || received.bytes === 0) {
          if (received !== null) close();
          return;
        }
        descriptors.push(...received.fds);
        for (const message of decoder.push(buffer.subarray(0, received.bytes))) {
          const reply = message as HelperReply;
          isReady = true;
          helper.events.onReply(reply, reply.kind === 'done' && reply.hasDescriptor ? descriptors.shift() : undefined);
        }
      }
    }
  };
}
