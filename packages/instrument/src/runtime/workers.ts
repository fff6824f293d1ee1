import type { Worker } from 'node:worker_threads';
import { subscribeAll } from '../channels.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { isStartingWatcher } from './event-loop/watcher.ts';

/** Worker threads that this thread starts, from their start to their exit. */
export function workers({ provider, u32, i32 }: Tracer): readonly EventSource[] {
  const events = provider('node_worker');
  const begin = events.tracepoint('thread_begin', [['thread_id', u32]], { logLevel: 'info' });
  const end = events.tracepoint(
    'thread_end',
    [
      ['thread_id', u32],
      ['exit_code', i32],
    ],
    { logLevel: 'info' },
  );
  const received = events.tracepoint('message_received', [['thread_id', u32]], { logLevel: 'debug' });
  return [threads(begin, end), messages(received)];
}

function threads(begin: Event<[threadId: number]>, end: Event<[threadId: number, exitCode: number]>): EventSource {
  return {
    tracepoints: [begin, end],
    install: () =>
      subscribeAll({
        worker_threads: ({ worker }: { readonly worker: Worker }) => {
          if (isStartingWatcher()) return;
          // It is -1 after the exit.
          const { threadId } = worker;
          begin(threadId);
          worker.once('exit', (code) => end(threadId, code));
        },
      }),
  };
}

/** Messages that arrive from worker threads. Threads that run already are not heard. */
function messages(received: Event<[threadId: number]>): EventSource {
  return {
    tracepoints: [received],
    install: () =>
      subscribeAll({
        worker_threads: ({ worker }: { readonly worker: Worker }) => {
          if (isStartingWatcher()) return;
          const { threadId } = worker;
          worker.on('message', () => received(threadId));
        },
      }),
  };
}

type Event<Args extends unknown[]> = ((...args: Args) => void) & EventSource['tracepoints'][number];
