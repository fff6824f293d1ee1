/** Messages about the thread and its process as a whole. */
import { count, integer, nullable } from '../wire/shape.ts';
import { foreignLines, foreignText } from '../wire/text.ts';
import { PROGRAM_LENGTH_MAX } from './limits.ts';

const EXCEPTION_LENGTH_MAX = 65_536;
const EXIT_CODE_MAX = 2 ** 31 - 1;

export const lifetimeMessages = {
  /** Reports another name of the program than `register`, from the main thread. */
  program: { program: foreignText(PROGRAM_LENGTH_MAX) },
  /** Shows that the thread is in its event loop: answer to a `look` with this `turn`. */
  alive: { turn: count },
  /** Announces the end of the process. Only processes with `RINGTAIL_GUARD` send it. */
  goodbye: {
    exitCode: integer(-EXIT_CODE_MAX, EXIT_CODE_MAX),
    /** Message and stack of the exception that ends the process. */
    exception: nullable(foreignLines(EXCEPTION_LENGTH_MAX)),
  },
};
