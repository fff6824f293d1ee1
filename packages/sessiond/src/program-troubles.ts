import { type Owner, type Session, tracks } from './session.ts';
import { Troubles } from './troubles.ts';

/** A process as the kernel tells of it. */
export interface Program extends Owner {
  readonly pid: number;
}

/**
 * Everything that keeps a program, or a part of it, from being recorded, whatever the session: each session that would
 * record the program has it among its troubles, also one that is started later.
 */
export class ProgramTroubles {
  readonly #sessions: () => readonly Session[];
  readonly #standing = new Map<Program, Troubles>();

  constructor(sessions: () => readonly Session[]) {
    this.#sessions = sessions;
  }

  /** Adds what is over once it is said. */
  add(program: Program, sentence: string): void {
    for (const session of this.#sessions()) {
      if (session.active && tracks(session, program)) session.troubles.add(sentence);
    }
  }

  /** Adds what holds until the program is forgotten. */
  addStanding(program: Program, sentence: string): void {
    const troubles = this.#standing.get(program) ?? new Troubles();
    troubles.add(sentence);
    this.#standing.set(program, troubles);
    this.add(program, sentence);
  }

  /** The program has gone. */
  forget(program: Program): void {
    this.#standing.delete(program);
  }

  /** A session has been started: it records the programs that are there. */
  started(session: Session): void {
    for (const [program, troubles] of this.#standing) {
      if (tracks(session, program)) for (const sentence of troubles.list()) session.troubles.add(sentence);
    }
  }
}
