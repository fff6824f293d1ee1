import type { Owner } from '../../../model/owner.ts';
import { Troubles } from '../../../model/troubles.ts';
import { processStartTime } from '../../../peers/process-identity.ts';
import { REFUSED_PROGRAMS_MAX } from '../../../shares/limits.ts';
import { tracks, type UserPart } from '../part/user-part.ts';

/** A process, as the kernel identifies it. */
export interface Program extends Owner {
  readonly pid: number;
}

interface RefusedProgram {
  readonly program: Program;
  /** Identifies the process together with its number; undefined if the process is not visible. */
  readonly startTime: string | undefined;
}

/**
 * Reasons why a program, or a part of it, is not recorded in any session. Each session that would record the program
 * has them among its troubles, including sessions that are started later.
 */
export class ProgramTroubles {
  readonly #parts: () => readonly UserPart[];
  readonly #standing = new Map<Program, Troubles>();
  /** Sentences about programs that have not registered so far. */
  readonly #unregistered = new Map<Program, string>();
  /** Refused programs by their sentences, the newest last. */
  readonly #refused = new Map<string, Map<number, RefusedProgram>>();
  #refusedCount = 0;

  constructor(parts: () => readonly UserPart[]) {
    this.#parts = parts;
  }

  /** Adds a trouble to the sessions that record now. */
  add(program: Program, sentence: string): void {
    for (const part of this.#parts()) {
      if (part.session.active && tracks(part, program)) part.session.troubles.addOfProgram(program.pid, sentence);
    }
  }

  /** Adds a trouble that lasts until the program is forgotten. */
  addStanding(program: Program, sentence: string): void {
    const troubles = this.#standing.get(program) ?? new Troubles();
    troubles.add(sentence);
    this.#standing.set(program, troubles);
    this.add(program, sentence);
  }

  /** Adds a trouble that sessions drop if the program registers while they record. */
  addUnregistered(program: Program, sentence: string): void {
    this.#unregistered.set(program, sentence);
    for (const part of this.#parts()) {
      if (part.session.active && tracks(part, program)) part.session.troubles.addPreliminary(program.pid, sentence);
    }
  }

  /** A program of `addUnregistered` has registered. Sessions that were stopped before have not recorded it. */
  registeredLate(program: Program): void {
    this.#unregistered.delete(program);
    for (const { session } of this.#parts()) {
      if (session.active) session.troubles.withdraw(program.pid);
      else session.troubles.confirm(program.pid);
    }
  }

  /** Adds a trouble that lasts until the program registers or ends: it has no connection whose end would show that. */
  addRefused(program: Program, sentence: string): void {
    this.add(program, sentence);
    const refused = this.#refused.get(sentence) ?? new Map<number, RefusedProgram>();
    if (refused.has(program.pid)) return;
    if (this.#refusedCount >= REFUSED_PROGRAMS_MAX) this.#forgetOldestRefused();
    this.#refused.set(sentence, refused);
    refused.set(program.pid, { program, startTime: processStartTime(program.pid) });
    this.#refusedCount++;
  }

  /** A refused program has registered after all. */
  registered(pid: number): void {
    for (const sentence of [...this.#refused.keys()]) this.#forgetRefused(sentence, pid);
  }

  /** The program has gone. */
  forget(program: Program): void {
    this.#standing.delete(program);
    if (!this.#unregistered.delete(program)) return;
    for (const { session } of this.#parts()) session.troubles.confirm(program.pid);
  }

  /** A session has been started: it gets the troubles of the running programs that it would record. */
  started(part: UserPart): void {
    const { troubles: ofSession } = part.session;
    for (const [program, troubles] of this.#standing) {
      if (!tracks(part, program)) continue;
      for (const sentence of troubles.list()) ofSession.addOfProgram(program.pid, sentence);
    }
    for (const [program, sentence] of this.#unregistered) {
      if (tracks(part, program)) ofSession.addPreliminary(program.pid, sentence);
    }
    for (const [sentence, refused] of [...this.#refused]) {
      for (const [pid, { program, startTime }] of [...refused]) {
        if (startTime === undefined || processStartTime(pid) !== startTime) this.#forgetRefused(sentence, pid);
        else if (tracks(part, program)) ofSession.addOfProgram(pid, sentence);
      }
    }
  }

  /** Drops a program of the sentence with the most programs, so that one user's programs do not displace another's. */
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
