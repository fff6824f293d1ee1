import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { runDirectoryAt } from '@ringtail/posix';
import {
  CLIENT_FRAME_BYTES_MAX,
  type CommandName,
  type Commands,
  checkResult,
  type DomainDescription,
  encodeFrame,
  FrameDecoder,
  type Reply,
  type Request,
  type SessionDescription,
} from '@ringtail/protocol';
import { onTestFinished } from 'vitest';
import type { FakeContext } from './fake-context.test.support.ts';

/** What a command is answered; an `Error` with a `code` is a refusal. */
export type Answers = {
  readonly [Name in CommandName]?: (params: Commands[Name]['params']) => Commands[Name]['result'];
};

export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A daemon in this process that answers what a test says, in the run directory of the context. */
export interface FakeDaemon {
  /** What was asked so far, `hello` left out. */
  readonly asked: readonly { readonly command: string; readonly params: unknown }[];
}

export async function fakeDaemon(context: FakeContext, answers: Answers = {}): Promise<FakeDaemon> {
  const asked: { command: string; params: unknown }[] = [];
  const runDirectory = runDirectoryAt(context.env.RINGTAIL_RUNDIR as string);
  mkdirSync(runDirectory.path, { recursive: true, mode: 0o700 });
  const server = createServer((socket) => {
    const decoder = new FrameDecoder(CLIENT_FRAME_BYTES_MAX);
    socket.on('data', (chunk) => {
      for (const message of decoder.push(chunk)) {
        const request = message as Request;
        if (request.command !== 'hello') asked.push({ command: request.command, params: request.params });
        const reply = answer(request, answers);
        // The client would refuse a result of another shape, and the test would not see what the command makes of it.
        if (reply.ok) checkResult(request.command, reply.result);
        socket.write(encodeFrame(reply, CLIENT_FRAME_BYTES_MAX));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(runDirectory.clientSocket, resolve));
  onTestFinished(() => void server.close());
  return { asked };
}

function answer(request: Request, answers: Answers): Reply {
  const { id, command, params } = request;
  if (command === 'hello') return { id, ok: true, result: { daemonVersion: '0', pid: 1 } };
  try {
    const known = answers[command] as ((params: unknown) => unknown) | undefined;
    if (known === undefined) throw new Refusal('UNSUPPORTED', `${command} is not answered`);
    return { id, ok: true, result: known(params) ?? null };
  } catch (error) {
    return { id, ok: false, code: (error as Refusal).code ?? 'BAD', message: (error as Error).message };
  }
}

export const noSuchSession = (): never => {
  throw new Refusal('NO_SUCH_SESSION', 'there is no such session');
};

/** A session that has only the user domain: `more` may name members of either. */
export function sessionCalled(
  name: string,
  {
    channels = [],
    trackers = { vpid: null, vuid: null, vgid: null },
    maps = [],
    ...more
  }: Partial<SessionDescription & Omit<DomainDescription, 'domain'>> = {},
): SessionDescription {
  return {
    name,
    uid: 0,
    output: `/traces/${name}`,
    shmPath: null,
    clock: 'monotonic',
    snapshot: false,
    format: 'ctf-1.8',
    createdAt: '2026-01-01T00:00:00.000Z',
    active: false,
    domains: [{ domain: 'user', channels, trackers, maps }],
    snapshotOutputs: [],
    rotationSchedule: { timerUs: null, sizeBytes: null },
    retention: { ageSeconds: null, count: null, bytes: null },
    rotations: 0,
    lastArchive: null,
    archivesRemoved: 0,
    ...more,
  };
}
