import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { visibleLine } from '@ringtail/base/text';
import { nodeProgramName } from '@ringtail/posix';
import { parseProcessStat } from '../../../process-exits/process-stat.ts';

/** Command lines and environments are read up to this length. */
const TEXT_LENGTH_MAX = 131_072;

/** Variables that make a program register with a session daemon; children inherit them. */
export const PRELOAD_VARIABLES = ['NODE_OPTIONS', 'RINGTAIL_RUNDIR'] as const;
export type Preload = Readonly<Partial<Record<(typeof PRELOAD_VARIABLES)[number], string>>>;

/** Origin of a process, and the sign that it runs another program. */
export interface ProcessOrigin {
  readonly parent: number;
  /** Ticks since boot: identify a process together with its number. */
  readonly startTime: string;
  /** Address of its arguments, which changes with each program that it executes; 0 if the kernel hides it. */
  readonly argumentsAt: string;
}

/** A process as `/proc` shows it. */
export interface SeenProcess extends ProcessOrigin {
  readonly pid: number;
  readonly commandLine: string;
  /** Name of the Node.js program that it runs; undefined if it runs another kind of program. */
  readonly nodeProgram: string | undefined;
}

/** Source of processes. */
export interface ProcessView {
  pids(): number[];
  /** Undefined if the process has ended. */
  originOf(pid: number): ProcessOrigin | undefined;
  /** Undefined if the process has ended. */
  inspect(pid: number): SeenProcess | undefined;
  /** Those variables in its environment; undefined if the kernel hides it. */
  preloadOf(pid: number): Preload | undefined;
  /** Undefined if the process has ended. */
  ownerOf(pid: number): { readonly uid: number; readonly gid: number } | undefined;
}

/** The processes that `/proc` shows. */
export const procView: ProcessView = {
  pids: () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number),
  originOf: (pid) => parseProcessStat(textOf(`/proc/${pid}/stat`) ?? ''),
  inspect(pid) {
    const stat = parseProcessStat(textOf(`/proc/${pid}/stat`) ?? '');
    const commandLine = textOf(`/proc/${pid}/cmdline`);
    // A process that is about to execute another program has no command line.
    if (stat === undefined || !commandLine || 'ZX'.includes(stat.state)) return undefined;
    const { parent, startTime, argumentsAt } = stat;
    const [command = '', ...words] = commandLine.slice(0, TEXT_LENGTH_MAX).split('\0');
    const name = nodeProgramName([executableOf(pid) ?? command, ...words]);
    return {
      pid,
      parent,
      startTime,
      argumentsAt,
      commandLine,
      nodeProgram: name === undefined ? undefined : visibleLine(name),
    };
  },
  preloadOf(pid) {
    const text = textOf(`/proc/${pid}/environ`);
    if (text === undefined) return undefined;
    const lines = text.slice(0, TEXT_LENGTH_MAX).split('\0');
    const entries = PRELOAD_VARIABLES.flatMap((name) => {
      const line = lines.find((one) => one.startsWith(`${name}=`));
      return line === undefined ? [] : [[name, line.slice(name.length + 1)]];
    });
    return Object.fromEntries(entries) as Preload;
  },
  ownerOf(pid) {
    const stats = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
    return stats && { uid: stats.uid, gid: stats.gid };
  },
};

/** A program may have overwritten its command line. */
function executableOf(pid: number): string | undefined {
  try {
    const name = basename(readlinkSync(`/proc/${pid}/exe`));
    return /^node(?:js)?$/.test(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
