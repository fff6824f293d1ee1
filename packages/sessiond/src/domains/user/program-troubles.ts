import { REFUSED_PROGRAMS_MAX } from '../../model/limits.ts';
import { type Owner, type Session, tracks } from '../../model/session.ts';
import { Troubles } from '../../model/troubles.ts';
import { processStartTime } from '../../peers/process-identity.ts';

/** A process as the kernel tells of it. */
export interface Program extends Owner {
  readonly pid: number;
}

interface RefusedProgram {
  readonly program: Program;
  /** With its number, what it is known by; undefined where it cannot be seen. */
  readonly startTime: string | undefined;
}

/**
 * Everything that keeps a program, or a part of it, from being recorded, whatever the session: each session that would
 * record the program has it among its troubles, also one that is started later.
 */
export class ProgramTroubles {
  readonly #sessions: () => readonly Session[];
  readonly #standing = new Map<Program, Troubles>();
  /** Programs that were refused, by what was refused them; the newest last. */
  readonly #refused = new Map<string, Map<number, RefusedProgram>>();
  #refusedCount = 0;

  constructor(sessions: () => readonly Session[]) {
    this.#sessions = sessions;
  }

  /** Adds what is over once it is said. */
  add(program: Program, sentence: string): void {
    for (const session of this.#sessions()) {
      if (session.active && tracks(session, program)) session.troubles.addOfProgram(program.pid, sentence);
    }
  }

  /** Adds what holds until the program is forgotten. */
  addStanding(program: Program, sentence: string): void {
    const troubles = this.#standing.get(program) ?? new Troubles();
    troubles.add(sentence);
    this.#standing.set(program, troubles);
    this.add(program, sentence);
  }

  /** Adds what holds until the program has registered, or has gone: it has no connection that would tell of its end. */
  addRefused(program: Program, sentence: string): void {
    this.add(program, sentence);
    const refused = this.#refused.get(sentence) ?? new Map<number, RefusedProgram>();
    if (refused.has(program.pid)) return;
    if (this.#refusedCount >= REFUSED_PROGRAMS_MAX) this.#forgetOldestRefused();
    this.#refused.set(sentence, refused);
    refused.set(program.pid, { program, startTime: processStartTime(program.pid) });
    this.#refusedCount++;
  }

  /** A program that was refused may have registered after all. */
  registered(pid: number): void {
    for (const sentence of [...this.#refused.keys()]) this.#forgetRefused(sentence, pid);
  }

  /** The program has gone. */
  forget(program: Program): void {
    this.#standing.delete(program);
  }

  /** A session has been started: it records the programs that are there. */
  started(session: Session): void {
    for (const [program, troubles] of this.#standing) {
      if (!tracks(session, program)) continue;
      for (const sentence of troubles.list()) session.troubles.addOfProgram(program.pid, sentence);
    }
    for (const [sentence, refused] of [...this.#refused]) {
      for (const [pid, { program, startTime }] of [...refused]) {
        if (startTime === undefined || processStartTime(pid) !== startTime) this.#forgetRefused(sentence, pid);
        else if (tracks(session, program)) session.troubles.addOfProgram(pid, sentence);
      }
    }
  }

  /** Of the sentence with the most programs: those of one user do not make forgotten those of another. */
  #forgetOldestRefused(): void {
    const [most] = [...this.#refused].sort(([, one], [, other]) => other.size - one.size);
    const oldest = most?.[1].keys().next().value;
    if (most !== undefined && oldest !== undefined) this.#forgetRefused(most[0], oldest);
  }

  #forgetRefused(sentence: string, pid: number): void {
    const refused = this.#refused.get(sentence);
    if (refused === undefined || !refused.delete(pid)) return;
    this.#refusedCount--;
    if (refused.size === 0) this.#refused.delete(sentence);
  }
}
