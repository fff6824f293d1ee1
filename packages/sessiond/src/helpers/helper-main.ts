import { closeSync } from 'node:fs';
import { assert, describeError, errnoOf } from '@ringtail/base';
import { loadPosix } from '@ringtail/posix';
import { encodeFrame, FrameDecoder } from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import { HELPER_FRAME_BYTES_MAX, HELPER_SOCKET_FD, type HelperReply, type HelperRequest } from './helper-messages.ts';
import { type HelperContext, type HelperResult, helperOperations } from './helper-operations.ts';

// The program of a helper process. It carries out one operation after another, without an event loop: while a file
// system does not answer, it could do nothing else anyway. It ends with its connection to the session daemon.

/** Shortest time between two reports of a long operation's progress. */
const PROGRESS_PERIOD_MS = 500;
const READ_BYTES = 64 * 1024;

// A service manager may signal all processes at once. The session daemon still needs its helpers for the last
// snapshots. They end with their connection to it.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
const loaded = loadPosix();
assert(loaded.ok, 'a session daemon runs only where the system calls are there');
const { posix } = loaded;

// Files and directories are private to their owner, as with the session daemon.
process.umask(0o077);
send({ kind: 'ready' });
const decoder = new FrameDecoder(HELPER_FRAME_BYTES_MAX);
const buffer = Buffer.alloc(READ_BYTES);
for (;;) {
  const count = posix.receive(HELPER_SOCKET_FD, buffer, -1);
  if (count === 0) process.exit(0);
  for (const request of decoder.push(buffer.subarray(0, count))) answer(request as HelperRequest);
}

function answer(request: HelperRequest): void {
  let performed: HelperResult<unknown>;
  try {
    performed = perform(request);
  } catch (error) {
    const code = error instanceof DaemonError ? error.code : 'OUTPUT_NOT_WRITABLE';
    // An error without a code is a defect: it ends the helper, and the session daemon logs it.
    if (!(error instanceof DaemonError) && errnoOf(error) === undefined) throw error;
    send({ kind: 'failed', code, message: describeError(error) });
    return;
  }
  const { result, descriptor } = performed;
  send({ kind: 'done', result: result ?? null, hasDescriptor: descriptor !== undefined }, descriptor);
  if (descriptor !== undefined) closeSync(descriptor);
}

function perform({ operation, owner, params }: HelperRequest): HelperResult<unknown> {
  let reportedMs = performance.now();
  const onProgress = () => {
    const now = performance.now();
    if (now - reportedMs < PROGRESS_PERIOD_MS) return;
    reportedMs = now;
    send({ kind: 'progress' });
  };
  // The session daemon took name and parameters from the same table.
  const table = helperOperations as Readonly<
    Record<string, (params: unknown, context: HelperContext) => HelperResult<unknown>>
  >;
  const action = table[operation];
  assert(action !== undefined, `the session daemon asks for what there is, not for ${operation}`);
  return action(params, { owner, onProgress });
}

function send(reply: HelperReply, descriptor: number | null = null): void {
  posix.sendWithFd(HELPER_SOCKET_FD, encodeFrame(reply, HELPER_FRAME_BYTES_MAX), descriptor, -1);
}
