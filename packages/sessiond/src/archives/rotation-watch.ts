import { Listeners } from '../model/listeners.ts';
import type { Session } from '../model/session.ts';

/** Called when a session's rotation begins, and when the archive is complete. */
export type RotationListener = (session: Session, phase: 'starts' | 'finishes', archive: string) => void;

/** Notifies of all rotations: by command, by schedule, at the end of a session. */
export class RotationWatch extends Listeners<Parameters<RotationListener>> {}
