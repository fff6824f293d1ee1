import { Listeners } from '../model/listeners.ts';
import type { Session } from '../model/session.ts';

/** Called when a session's rotation begins, and when the archive is in its place. */
export type RotationListener = (session: Session, phase: 'starts' | 'finishes', archive: string) => void;

/** Tells of rotations, whoever asked for them. */
export class RotationWatch extends Listeners<Parameters<RotationListener>> {}
