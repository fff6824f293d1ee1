import type { Session } from '../session.ts';

/** Called when a session's rotation begins, and when the archive is in its place. */
export type RotationListener = (session: Session, phase: 'starts' | 'finishes', archive: string) => void;

/** Tells of rotations, whoever asked for them. */
export class RotationWatch {
  readonly #listeners = new Set<RotationListener>();

  /** @returns ends it. */
  listen(listener: RotationListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly tell: RotationListener = (session, phase, archive) => {
    for (const listener of [...this.#listeners]) listener(session, phase, archive);
  };
}
