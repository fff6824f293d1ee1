import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Troubles } from '../../../model/troubles.ts';
import { PROGRAMS_REMEMBERED_MAX, REFUSED_PROGRAMS_MAX, TROUBLES_MAX } from '../../../shares/limits.ts';
import { TestSessions } from '../../../testing/test-sessions.test.support.ts';
import type { UserPart } from '../part/user-part.ts';
import { type Program, ProgramTroubles } from './program-troubles.ts';

const SENTENCE = 'programs of user 1001 are not recorded (SHARE_USED_UP)';
const OWNER = { uid: 1001, gid: 1001 };

const sessions = new TestSessions();
let count = 0;

function newPart(active: boolean): UserPart {
  const part = sessions.create(`s${count++}`, { owner: OWNER, output: null });
  part.session.active = active;
  onTestFinished(() => sessions.remove(part));
  return part;
}

describe('programs that were refused', () => {
  it('are a trouble of sessions that are active, and of those that are started while they run', async () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const active = newPart(true);
    const child = spawn('sleep', ['1000']);
    troubles.addRefused({ pid: child.pid as number, ...OWNER }, SENTENCE);
    expect(active.session.troubles.list()).toEqual([SENTENCE]);
    const later = newPart(false);
    troubles.started(later);
    expect(later.session.troubles.list()).toEqual([SENTENCE]);
    child.kill('SIGKILL');
    await once(child, 'close');
    const last = newPart(false);
    troubles.started(last);
    expect(last.session.troubles.list()).toEqual([]);
  });

  it('are no trouble any more once they have registered', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    troubles.addRefused({ pid: process.pid, ...OWNER }, SENTENCE);
    troubles.registered(process.pid);
    const part = newPart(false);
    troubles.started(part);
    expect(part.session.troubles.list()).toEqual([]);
  });

  it('of one user do not make forgotten those of another', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    troubles.addRefused({ pid: process.pid, ...OWNER }, SENTENCE);
    for (let pid = 1; pid < 3 * REFUSED_PROGRAMS_MAX; pid++) troubles.addRefused({ pid, ...OWNER }, 'others');
    const part = newPart(false);
    troubles.started(part);
    expect(part.session.troubles.list()).toContain(SENTENCE);
  });
});

describe('programs that register late', () => {
  const LATE = 'app.js ran in Node.js and did not register (UNREGISTERED)';
  const [first, second] = [1, 2].map((pid) => ({ pid, ...OWNER })) as [Program, Program];
  const toldBy = ({ session: { troubles } }: UserPart) => [troubles.programsNotRecorded, troubles.list()];

  it('are no trouble any more of sessions that record, and one of those that were stopped before', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const [recording, stopped] = [newPart(true), newPart(true)];
    troubles.addUnregistered(first, LATE);
    stopped.session.active = false;
    troubles.registeredLate(first);
    const later = newPart(false);
    troubles.started(later);
    expect([recording, stopped, later].map(toldBy)).toEqual([
      [0, []],
      [1, [LATE]],
      [0, []],
    ]);
  });

  it('leave the sentence to the programs that share it, running or ended', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const part = newPart(true);
    for (const program of [first, second]) troubles.addUnregistered(program, LATE);
    expect(toldBy(part)).toEqual([2, [LATE]]);
    troubles.registeredLate(first);
    expect(toldBy(part)).toEqual([1, [LATE]]);
    troubles.forget(second);
    const reused = { ...second };
    troubles.addUnregistered(reused, LATE);
    troubles.registeredLate(reused);
    expect(toldBy(part)).toEqual([1, [LATE]]);
  });

  it('stay counted for another reason why they are not recorded', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const part = newPart(true);
    troubles.addUnregistered(first, LATE);
    troubles.add(first, SENTENCE);
    expect(toldBy(part)).toEqual([1, [SENTENCE, LATE]]);
    troubles.registeredLate(first);
    expect(toldBy(part)).toEqual([1, [SENTENCE]]);
  });

  it('are reported to listeners once, also if the sentence lasts in the end', () => {
    const told: string[] = [];
    const troubles = new Troubles((sentence) => told.push(sentence));
    for (const pid of [1, 2]) troubles.addPreliminary(pid, LATE);
    troubles.confirm(1);
    expect([told, troubles.programsNotRecorded]).toEqual([[LATE], 2]);
  });

  it('leave no gap where the session has too many sentences', () => {
    const told: string[] = [];
    const troubles = new Troubles((sentence) => told.push(sentence));
    for (let n = 0; n < TROUBLES_MAX; n++) troubles.add(`trouble ${n}`);
    troubles.addPreliminary(1, LATE);
    expect(troubles.list().slice(TROUBLES_MAX)).toEqual([expect.stringContaining('and 1 more')]);
    troubles.withdraw(1);
    expect([troubles.list().length, told.length]).toEqual([TROUBLES_MAX, TROUBLES_MAX]);
  });
});

describe('the count of programs that are not recorded', () => {
  it('has each program once, although many have one sentence, and none of which only a tracepoint is refused', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const part = newPart(true);
    for (const pid of [1, 2, 2]) troubles.add({ pid, ...OWNER }, SENTENCE);
    troubles.addStanding({ pid: 3, ...OWNER }, 'node: the tracer could not start (NO_TRACER)');
    troubles.addStanding({ pid: 4, ...OWNER }, 'node: tracepoint a:b is refused (BAD_TRACEPOINT)');
    expect([part.session.troubles.programsNotRecorded, part.session.troubles.list()]).toEqual([3, expect.any(Array)]);
    const later = newPart(false);
    troubles.started(later);
    expect(later.session.troubles.programsNotRecorded).toBe(1);
  });

  it('goes on where there are more programs than the session knows by number', () => {
    const troubles = new Troubles();
    const count = 3 * PROGRAMS_REMEMBERED_MAX;
    for (let pid = 1; pid <= count; pid++) {
      for (let times = 0; times < 2; times++) troubles.addOfProgram(pid, SENTENCE);
    }
    expect(troubles.programsNotRecorded).toBe(count);
  });
});
