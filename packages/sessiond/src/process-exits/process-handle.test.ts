import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { processHandle } from './process-handle.ts';

const nobody = { exitStatusOf: () => undefined };
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const line = (state: string, startTime: number, exit: number, { startCode = 4096, threads = 1 } = {}) => {
  const zeros = (count: number) => Array.from({ length: count }, () => '0');
  const fields = [state, ...zeros(16), threads, 0, startTime, ...zeros(3), startCode, ...zeros(25), exit];
  return `7 (node) ${fields.join(' ')}\n`;
};

/** The fate of a process whose line was the first when it registered and is the second now. */
function fateOf(atFirst: string | undefined, now: string | undefined, exitStatus?: number) {
  let text = atFirst;
  const posix = { exitStatusOf: () => exitStatus };
  const descriptor = openSync('/dev/null', 'r');
  const handle = processHandle(posix, 7, descriptor, () => text);
  text = now;
  const fate = handle.fate();
  handle.close();
  expect(() => closeSync(descriptor)).toThrow('EBADF');
  return fate;
}

describe('processHandle', () => {
  it.each([
    ['goes on', line('S', 5, 0), line('R', 5, 0), { kind: 'running' }],
    ['is stopped', line('S', 5, 0), line('T', 5, 0), { kind: 'running' }],
    ['waits for its parent', line('S', 5, 0), line('Z', 5, 139), { kind: 'ended', status: 139 }],
    ['has ended but for a thread', line('S', 5, 0), line('Z', 5, 0, { threads: 2 }), { kind: 'running' }],
    ['is one we may not ask about', line('S', 5, 0, { startCode: 1 }), line('Z', 5, 0), { kind: 'untold' }],
    ['is gone', line('S', 5, 0), undefined, { kind: 'untold' }],
    ['has a successor of its number', line('S', 5, 0), line('Z', 6, 139), { kind: 'untold' }],
    ['was never seen', undefined, undefined, { kind: 'untold' }],
  ] as const)('when the process %s', (_, atFirst, now, fate) => {
    expect(fateOf(atFirst, now)).toEqual(fate);
  });

  it('uses the descriptor, even if another process has the number now', () => {
    expect(fateOf(line('S', 5, 0), line('R', 6, 0), 9)).toEqual({ kind: 'ended', status: 9 });
  });

  it('sees a real process run, and that it is gone', async () => {
    const child = spawn('/bin/cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    const handle = processHandle(nobody, child.pid!, undefined);
    expect(handle.fate()).toEqual({ kind: 'running' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(handle.fate()).toEqual({ kind: 'untold' });
  });
});
