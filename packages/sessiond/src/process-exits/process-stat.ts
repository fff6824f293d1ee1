/** What `/proc/PID/stat` says of a process that may have ended. */
export interface ProcessStat {
  /** `R` running, `S` sleeping, `T` and `t` stopped, `Z` and `X` ended. */
  readonly state: string;
  readonly threads: number;
  readonly parent: number;
  /** Address of its arguments, which another program that it runs has elsewhere; 0 where it is not told. */
  readonly argumentsAt: string;
  /** Ticks since boot: with the number, the identity of a process. */
  readonly startTime: string;
  /** Whether the kernel tells us what it tells only those who may trace the process: known only while it lives. */
  readonly permitted: boolean;
  /** As `waitpid` says it, once it has ended; 0 as well where it is not told. */
  readonly exitStatus: number;
}

/** Numbers of proc_pid_stat(5), less the three that begin behind the name. */
const FIELD = {
  STATE: 0,
  PARENT: 1,
  THREADS: 17,
  START_TIME: 19,
  START_CODE: 23,
  ARG_START: 45,
  EXIT_CODE: 49,
} as const;

/** Undefined for what is no such line. The name, in parentheses, may hold both spaces and parentheses. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
  const [state, startTime] = [fields[FIELD.STATE], fields[FIELD.START_TIME]];
  const exitStatus = Number(fields[FIELD.EXIT_CODE]);
  if (state === undefined || startTime === undefined || !Number.isInteger(exitStatus)) return undefined;
  return {
    state,
    parent: Number(fields[FIELD.PARENT]),
    argumentsAt: fields[FIELD.ARG_START] ?? '0',
    threads: Number(fields[FIELD.THREADS]),
    startTime,
    // Where code begins is given as 1 to others.
    permitted: Number(fields[FIELD.START_CODE]) > 1,
    exitStatus,
  };
}
