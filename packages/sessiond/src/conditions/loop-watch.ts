import type { RecordedThread } from '../session.ts';

/** A registered thread that can be asked whether it is in its event loop. */
export interface AskedThread {
  readonly thread: RecordedThread;
  readonly tid: number;
  readonly procname: string;
  /** Of the newest `look` that was answered. */
  readonly answered: number;
  /** Asks; the answer has this number, which is not 0. */
  look(turn: number): void;
}
