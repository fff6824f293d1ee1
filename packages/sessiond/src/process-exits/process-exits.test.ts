import { FakeTimers } from '@ringtail/base/testing';
import type { GoodbyeMessage } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { processOf } from '../testing/threads.test.support.ts';
import { OomLedger } from './oom-kills.ts';
import { type EndedProcess, ProcessExits } from './process-exits.ts';
import type { ProcessFate, ProcessHandle } from './process-handle.ts';

const GOODBYE: GoodbyeMessage = { type: 'goodbye', exitCode: 4, exception: null };

class FakeHandle implements ProcessHandle {
  readonly pid = 1;
  current: ProcessFate = { kind: 'running' };
  closed = 0;

  fate(): ProcessFate {
    return this.current;
  }

  close(): void {
    this.closed++;
  }
}

function makeExits() {
  const clock = new FakeTimers();
  const exits = new ProcessExits({ oomKills: new OomLedger(() => undefined), timers: clock });
  const ended: EndedProcess[] = [];
  exits.onEnd((end) => ended.push(end));
  const handle = new FakeHandle();
  const process = processOf(1);
  exits.registered(process, 7, () => handle);
  const causes: unknown[] = [];
  const leave = () => exits.left(process, (end) => causes.push(end?.cause));
  return { clock, exits, ended, handle, process, causes, leave };
}

describe('ProcessExits', () => {
  it('waits until the kernel gives the status of a process', () => {
    const { clock, ended, handle, process, causes, leave } = makeExits();
    leave();
    clock.advance(50);
    handle.current = { kind: 'untold' };
    clock.advance(50);
    expect(causes).toEqual([]);
    handle.current = { kind: 'ended', status: 11 };
    clock.advance(2);
    expect(causes).toEqual(['signal']);
    expect(ended).toMatchObject([{ process, uid: 7, end: { signal: { name: 'SIGSEGV' } } }]);
    expect([handle.closed, clock.pending]).toEqual([1, 0]);
  });

  it('gives an unknown cause for a process without a status', () => {
    const { clock, handle, causes, leave } = makeExits();
    handle.current = { kind: 'untold' };
    leave();
    clock.advance(199);
    expect(causes).toEqual([]);
    clock.advance(3);
    expect([causes, handle.closed, clock.pending]).toEqual([['unknown'], 1, 0]);
  });

  it('uses a goodbye where the kernel gives no status', () => {
    const { clock, exits, ended, process, handle, leave } = makeExits();
    exits.goodbye(process, GOODBYE);
    handle.current = { kind: 'untold' };
    leave();
    clock.advance(202);
    expect(ended).toMatchObject([{ end: { cause: 'exit-code', exitCode: 4 } }]);
  });

  it('reports why a process aborts, if its main thread had marked it', () => {
    const { clock, exits, ended, process, handle, leave } = makeExits();
    exits.aborting(process, 'heap-limit');
    handle.current = { kind: 'ended', status: 6 };
    leave();
    clock.advance(2);
    expect(ended).toMatchObject([{ end: { signal: { name: 'SIGABRT' }, abortedBy: 'heap-limit' } }]);
  });

  it('reports no end of a process that goes on', () => {
    const { clock, ended, causes, handle, leave } = makeExits();
    leave();
    clock.advance(2900);
    expect(causes).toEqual([]);
    clock.advance(200);
    expect([causes, ended, handle.closed]).toEqual([[undefined], [], 1]);
  });

  it('waits for a process that takes long to end on a busy machine', () => {
    const { clock, causes, handle, leave } = makeExits();
    leave();
    clock.advance(2000);
    handle.current = { kind: 'ended', status: 0 };
    clock.advance(20);
    expect(causes).toEqual(['exit-code']);
  });

  it('opens a process once, however many threads of it register', () => {
    const { exits, process } = makeExits();
    exits.registered(process, 7, () => {
      throw new Error('opened again');
    });
  });

  it('reports nothing after it was closed', () => {
    const { clock, exits, ended, causes, leave, handle } = makeExits();
    leave();
    exits.close();
    handle.current = { kind: 'ended', status: 9 };
    clock.advance(1000);
    expect([causes, ended, clock.pending]).toEqual([[], [], 0]);
    const late = new FakeHandle();
    const process = processOf(2);
    exits.registered(process, 7, () => late);
    exits.left(process, (end) => causes.push(end));
    expect([causes, late.closed]).toEqual([[undefined], 1]);
  });
});
