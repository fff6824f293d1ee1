import { statFields } from '@ringtail/posix';

/** Parts of `/proc/PID/stat`, of a process that may have ended. */
export interface ProcessStat {
  /** `R` running, `S` sleeping, `T` and `t` stopped, `Z` and `X` ended. */
  readonly state: string;
  readonly threads: number;
  readonly parent: number;
  /** Address of its arguments, which changes when the process executes another program; 0 where the kernel hides it. */
  readonly argumentsAt: string;
  /** Ticks since boot: with the number, the identity of a process. */
  readonly startTime: string;
  /**
   * Whether this daemon may trace the process, so that the kernel hides nothing: known only while the process lives.
   */
  readonly permitted: boolean;
  /** The status that `waitpid` gives, once it has ended; 0 also where the kernel hides it. */
  readonly exitStatus: number;
}

/** Numbers of proc_pid_stat(5), minus 3: the fields after the name. */
const FIELD = {
  STATE: 0,
  PARENT: 1,
  THREADS: 17,
  START_TIME: 19,
  START_CODE: 23,
  ARG_START: 45,
  EXIT_CODE: 49,
} as const;

/** Undefined for any other line. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const fields = statFields(line);
  const [state, startTime] = [fields[FIELD.STATE], fields[FIELD.START_TIME]];
  const exitStatus = Number(fields[FIELD.EXIT_CODE]);
  if (state === undefined || startTime === undefined || !Number.isInteger(exitStatus)) return undefined;
  return {
    state,
    parent: Number(fields[FIELD.PARENT]),
    argumentsAt: fields[FIELD.ARG_START] ?? '0',
    threads: Number(fields[FIELD.THREADS]),
    startTime,
    // To a process that may not trace it, the kernel gives 1 as the start of code.
    permitted: Number(fields[FIELD.START_CODE]) > 1,
    exitStatus,
  };
}
