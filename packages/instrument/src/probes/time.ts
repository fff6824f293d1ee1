import { everyMs } from '../every.ts';
import { setImmediate } from '../node.ts';

/** The clocks and timers of Node.js. Probes are loaded late, when the program may have replaced them. */
export interface Time {
  everyMs(intervalMs: number, act: () => void): () => void;
  soon(act: () => void): void;
  /** Milliseconds since the Unix epoch. */
  dateMs(): number;
  /** Milliseconds of a clock that is never set. */
  elapsedMs(): number;
}

/** As they are before the program's first line. */
export function timeOfNode(): Time {
  return {
    everyMs,
    soon: (act) => {
      setImmediate(act).unref();
    },
    dateMs: Date.now.bind(Date),
    elapsedMs: performance.now.bind(performance),
  };
}
