import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { visibleLine } from '@ringtail/base/text';
import { nodeProgramName } from '@ringtail/posix';

/** A process that runs Node.js. */
export interface NodeProgram {
  readonly pid: number;
  readonly uid: number;
  /** Name of the script without its directory, else of the process. Other arguments may be secrets. */
  readonly name: string;
  /** Whether the tracer is loaded; null where the process is hidden from us. */
  readonly traced: boolean | null;
}

/** Descriptor that shows the tracer in a process: see `control-file.ts` of the tracer. */
const CONTROL_FILE = /^\/memfd:ringtail-control-/;
/** Part of a command line that is read. */
const COMMAND_LINE_LENGTH_MAX = 65_536;

/** All Node.js programs in `/proc`, of all users, without this process. */
export function nodePrograms(procDirectory = '/proc'): NodeProgram[] {
  return readdirSync(procDirectory)
    .filter((name) => /^\d+$/.test(name))
    .map((name) => nodeProgram(procDirectory, Number(name)))
    .filter((program) => program !== undefined);
}

function nodeProgram(procDirectory: string, pid: number): NodeProgram | undefined {
  const directory = join(procDirectory, String(pid));
  try {
    const words = readFileSync(join(directory, 'cmdline'), 'utf8').slice(0, COMMAND_LINE_LENGTH_MAX).split('\0');
    const name = nodeProgramName(words);
    if (name === undefined || pid === process.pid) return undefined;
    const status = readFileSync(join(directory, 'status'), 'latin1');
    const uid = Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
    return { pid, uid, name: visibleLine(name), traced: isTraced(directory) };
  } catch {
    // The process has ended, or it is hidden from us.
    return undefined;
  }
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
