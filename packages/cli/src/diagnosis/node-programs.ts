import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { textIn } from '@ringtail/base/files';
import { visibleLine } from '@ringtail/base/text';
import { nodeProgramName, statFields } from '@ringtail/posix';

/** A process that runs Node.js. */
export interface NodeProgram {
  readonly pid: number;
  readonly uid: number;
  /** Name of the script without its directory, else of the process. Other arguments may be secrets. */
  readonly name: string;
  /** Whether the tracer is loaded; null where the process is hidden from us. */
  readonly traced: boolean | null;
  /** Why the program may register soon; null where nothing shows that. */
  readonly mayRegister: 'preloaded' | 'young' | null;
  /** Value of `RINGTAIL_RUNDIR` in its environment; null where it is not set or hidden from us. */
  readonly runDirectory: string | null;
}

/** Descriptor that shows the tracer in a process: see `control-file.ts` of the tracer. */
const CONTROL_FILE = /^\/memfd:ringtail-control-/;
const PRELOAD_OPTION = /^(?:--import|--require|-r)$/;
/** Part of a command line or of an environment that is read. */
const WORDS_LENGTH_MAX = 65_536;
/** An older program has registered, unless its tracer is loaded before the script and still waits. */
const REGISTRATION_TIME_S = 10;
/** Index of the start time among the fields of `/proc/PID/stat` after the name. */
const START_TIME = 19;
/** The kernel gives times of processes in this unit to all programs. */
const TICKS_PER_SECOND = 100;

/** All Node.js programs in `/proc`, of all users, without this process. */
export function nodePrograms(procDirectory = '/proc'): NodeProgram[] {
  const uptimeS = Number.parseFloat(textIn(join(procDirectory, 'uptime')) ?? '');
  return readdirSync(procDirectory)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => nodeProgram(procDirectory, Number(name), uptimeS))
    .filter((program) => program !== undefined);
}

function nodeProgram(procDirectory: string, pid: number, uptimeS: number): NodeProgram | undefined {
  const directory = join(procDirectory, String(pid));
  try {
    const words = wordsIn(join(directory, 'cmdline'));
    const name = nodeProgramName(words);
    if (name === undefined || pid === process.pid) return undefined;
    const status = readFileSync(join(directory, 'status'), 'latin1');
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    const environment = environmentOf(directory);
    const isPreloaded = loadsTracer(words) || loadsTracer((environment.get('NODE_OPTIONS') ?? '').split(' '));
    const isYoung = uptimeS - startTimeS(directory) < REGISTRATION_TIME_S;
    return {
      pid,
      uid,
      name: visibleLine(name),
      traced: isTraced(directory),
      mayRegister: isPreloaded ? 'preloaded' : isYoung ? 'young' : null,
      runDirectory: environment.get('RINGTAIL_RUNDIR') || null,
    };
  } catch {
    // The process has ended, or it is hidden from us.
    return undefined;
  }
}

function wordsIn(path: string): string[] {
  return readFileSync(path, 'utf8').slice(0, WORDS_LENGTH_MAX).split('\0');
}

/** Variables of a process; empty where they are hidden from us. */
function environmentOf(directory: string): Map<string, string> {
  try {
    const lines = wordsIn(join(directory, 'environ')).map((line) => /^([^=]*)=(.*)$/s.exec(line) ?? []);
    return new Map(lines.map(([, name = '', value = '']) => [name, value]));
  } catch {
    return new Map();
  }
}

/** Whether options of Node.js load the tracer before the script. */
function loadsTracer(words: readonly string[]): boolean {
  return words.some((word, idx) => {
    const value = PRELOAD_OPTION.test(words[idx - 1] ?? '') ? word : /^--(?:import|require)=(.*)$/s.exec(word)?.[1];
    return value !== undefined && /\btracer\b/.test(value);
  });
}

/** Seconds from the start of the machine to the start of a process. */
function startTimeS(directory: string): number {
  return Number(statFields(readFileSync(join(directory, 'stat'), 'latin1'))[START_TIME]) / TICKS_PER_SECOND;
}

function isTraced(directory: string): boolean | null {
  try {
    const files = join(directory, 'fd');
    return readdirSync(files).some((fd) => CONTROL_FILE.test(targetOf(join(files, fd))));
  } catch {
    return null;
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
