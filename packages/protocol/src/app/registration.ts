/** The first message of a thread. */
import { CONTROL_SLOT_COUNT } from '../control/control-page.ts';
import { processNumber } from '../model/names.ts';
import { boolean, integer, type Shape, ShapeError } from '../wire/shape.ts';
import { foreignText } from '../wire/text.ts';
import { APP_PROTOCOL_VERSION, PROGRAM_LENGTH_MAX } from './limits.ts';

const shortText = foreignText(255);

/** The refusal of a tracer that has version `theirs` of something of which the daemon has version `ours`. */
export function describeOtherVersion(what: string, theirs: unknown, ours: number): string {
  const version = Number.isSafeInteger(theirs) ? `version ${theirs}` : 'another version';
  return `the tracer has ${version} of ${what}, the session daemon version ${ours}: both need the same version of Ringtail`;
}

const protocolVersion: Shape<number> = (value) => {
  if (value === APP_PROTOCOL_VERSION) return value;
  throw new ShapeError(
    'PROTOCOL_VERSION',
    describeOtherVersion('the application protocol', value, APP_PROTOCOL_VERSION),
  );
};

export const registrationMessages = {
  /** Registers a thread. Carries the descriptor of the thread's control file. */
  register: {
    protocol: protocolVersion,
    tracerVersion: shortText,
    runtime: shortText,
    pid: processNumber,
    tid: processNumber,
    ppid: integer(0, 2 ** 31 - 1),
    procname: shortText,
    mainThread: boolean,
    /** Name of the program for people: its title, else its package and script. */
    program: foreignText(PROGRAM_LENGTH_MAX),
    /** The control file's slot that this daemon may write: 0 or 1. */
    slot: integer(0, CONTROL_SLOT_COUNT - 1),
  },
  /**
   * Reports a thread that cannot be recorded, in place of `register`. The thread keeps the connection while it lives.
   */
  unable: { protocol: protocolVersion, program: foreignText(PROGRAM_LENGTH_MAX), reason: foreignText(1024) },
};
