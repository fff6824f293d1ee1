import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Notification } from '@ringtail/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tellsExits } from '../testing/tells-exits.test.support.ts';
import { type TestClient, TestDaemon } from '../testing/test-daemon.test.support.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/testing/ending-application.test.support.js', import.meta.url));

let daemon: TestDaemon;
let client: TestClient;
const children: ChildProcess[] = [];
beforeAll(async () => {
  daemon = new TestDaemon();
  await daemon.start();
  client = await daemon.client();
  await client.ask('subscribe', {});
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
afterAll(async () => {
  await daemon.dispose();
});

async function application(procname: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [PROGRAM, daemon.directory.appSocket, procname], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

function endOf(pid: number | undefined) {
  const gone = client.notifications.find((one): one is Extract<Notification, { kind: 'application-gone' }> => {
    return one.kind === 'application-gone' && one.pid === pid;
  });
  return gone && (gone.end ?? 'goes on');
}

describe('an application that ends', () => {
  it.runIf(tellsExits).each([
    ['exit 0', { cause: 'exit-code', exitCode: 0 }],
    ['exit 3', { cause: 'exit-code', exitCode: 3 }],
    ['goodbye 5', { cause: 'exit-code', exitCode: 5 }],
    ['exception 1 Error: no', { cause: 'exception', exitCode: 1, exception: 'Error: no' }],
    ['abort', { cause: 'signal', signal: { number: 6, name: 'SIGABRT' } }],
    ['raise SIGKILL', { cause: 'signal', signal: { number: 9, name: 'SIGKILL' } }],
    ['raise SIGSEGV', { cause: 'signal', signal: { number: 11, name: 'SIGSEGV' } }],
    ['raise SIGTERM', { cause: 'signal', signal: { number: 15, name: 'SIGTERM' } }],
  ])('by "%s" is reported with its cause, even if its parent waits for it at once', async (how, end) => {
    const child = await application('app');
    child.stdin!.write(`${how}\n`);
    await expect.poll(() => endOf(child.pid)).toMatchObject(end);
  });

  it('is reported with its cause while its parent does not wait for it', async () => {
    const program = [process.execPath, PROGRAM, daemon.directory.appSocket, 'orphan', 'raise SIGSEGV'];
    // The shell asks when its standard input ends.
    const shell = spawn('/bin/sh', ['-c', '"$@" & read line; wait', 'sh', ...program], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    children.push(shell);
    const ends = () =>
      client.notifications.flatMap((one) =>
        one.kind === 'application-gone' && one.procname === 'orphan' ? [one.end] : [],
      );
    await expect.poll(ends).toMatchObject([{ cause: 'signal', signal: { name: 'SIGSEGV' } }]);
    shell.stdin!.end();
    await once(shell, 'exit');
  });

  it('is reported as running if only its connection has ended', async () => {
    const child = await application('app');
    child.stdin!.write('detach\n');
    await expect.poll(() => endOf(child.pid)).toBe('goes on');
    expect(child.exitCode).toBeNull();
  });
});
