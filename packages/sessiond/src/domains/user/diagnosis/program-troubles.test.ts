import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Troubles } from '../../../model/troubles.ts';
import { PROGRAMS_REMEMBERED_MAX, REFUSED_PROGRAMS_MAX } from '../../../shares/limits.ts';
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

describe('a sentence that is taken back', () => {
  const unregistered = 'app.js ran in Node.js and did not register (UNREGISTERED)';
  const program = (pid: number) => ({ pid, ...OWNER });

  it('leaves the sessions once it is about none of its programs, and these are not counted any more', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const part = newPart(true);
    const first: Program = program(1);
    troubles.addStanding(first, unregistered);
    troubles.add(program(2), unregistered);
    troubles.takeBack(first, unregistered);
    expect([part.session.troubles.programsNotRecorded, part.session.troubles.list()]).toEqual([1, [unregistered]]);
    troubles.takeBack(program(2), unregistered);
    expect([part.session.troubles.programsNotRecorded, part.session.troubles.list()]).toEqual([0, []]);
    const later = newPart(false);
    troubles.started(later);
    expect(later.session.troubles.list()).toEqual([]);
  });

  it('leaves the count of a program that is left out for another reason', () => {
    const troubles = new ProgramTroubles(() => sessions.parts.all());
    const part = newPart(true);
    troubles.add(program(1), unregistered);
    troubles.add(program(1), SENTENCE);
    troubles.takeBack(program(1), unregistered);
    expect([part.session.troubles.programsNotRecorded, part.session.troubles.list()]).toEqual([1, [SENTENCE]]);
  });

  it('stays if it is about no program in particular', () => {
    const troubles = new Troubles();
    troubles.addOfProgram(1, SENTENCE);
    troubles.add(SENTENCE);
    troubles.takeBack(1, SENTENCE);
    expect(troubles.list()).toEqual([SENTENCE]);
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
