import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuMsOf } from '../e2e/harness.ts';
import type { FuzzTrace } from './traces.ts';

const CHILD = fileURLToPath(new URL('child.mjs', import.meta.url));

/** Limit of the child's heap; Node.js ends the child beyond it. */
const HEAP_MIB = 256;

/** Limit for hangs, in CPU time: an input takes a few milliseconds. */
const HANG_MS = 20_000;
const LOOK_MS = 500;

/** Damaged bytes of metadata and packets, or directories with other errors. */
export type FuzzKind = 'bytes' | 'directories';

export interface FuzzProblem {
  /** Number of the input, which can be made again with the seed. */
  readonly index: number;
  readonly problem: string;
  /** The trace that was damaged. */
  readonly name?: string;
}

export interface FuzzResult {
  readonly problems: readonly FuzzProblem[];
  readonly counts: Readonly<Record<'inputs' | 'refusedMetadata' | 'refusedData' | 'messages', number>>;
}

/** Problems after this number are unlikely to be new. */
const PROBLEMS_MAX = 20;

/** Lets a child process read damaged inputs. After a death or hang, another one continues. */
export async function runFuzz(
  kind: FuzzKind,
  traces: readonly FuzzTrace[],
  seed: number,
  from: number,
  to: number,
): Promise<FuzzResult> {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-fuzz-traces-'));
  const problems: FuzzProblem[] = [];
  const counts = { inputs: 0, refusedMetadata: 0, refusedData: 0, messages: 0 };
  try {
    writeFileSync(join(directory, 'traces.json'), JSON.stringify(traces.map(({ name }) => name)));
    for (const [i, trace] of traces.entries()) {
      writeFileSync(join(directory, `${i}.metadata`), trace.metadata);
      writeFileSync(join(directory, `${i}.data`), trace.data);
    }
    let next = from;
    while (next < to && problems.length < PROBLEMS_MAX) {
      writeFileSync(join(directory, 'progress'), numberBytes(next));
      const { lines, end } = await runChild(directory, kind, seed, next, to);
      for (const line of lines) {
        const { counts: some, ...problem } = JSON.parse(line) as Partial<FuzzResult> & Partial<FuzzProblem>;
        if (some === undefined) problems.push(problem as FuzzProblem);
        else for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += some[key];
      }
      if (end === undefined) break;
      const index = readFileSync(join(directory, 'progress')).readUInt32LE(0);
      problems.push({ index, problem: end });
      next = index + 1;
    }
    return { problems, counts };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function numberBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** `end` is undefined if the child finished. */
async function runChild(directory: string, kind: FuzzKind, seed: number, from: number, to: number) {
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB}`, CHILD, directory, kind, String(seed), String(from), String(to)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  let hung = false;
  let seen = -1;
  let sinceMs = 0;
  const watch = setInterval(() => {
    const index = readFileSync(join(directory, 'progress')).readUInt32LE(0);
    const nowMs = cpuMsOf(child.pid as number);
    if (index !== seen) {
      seen = index;
      sinceMs = nowMs;
    } else if (nowMs - sinceMs > HANG_MS) {
      hung = true;
      child.kill('SIGKILL');
    }
  }, LOOK_MS);
  const status = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : (signal ?? `exit code ${code}`)));
  }).finally(() => clearInterval(watch));
  const lines = output.split('\n').filter((line) => line !== '');
  if (hung) return { lines, end: `nothing came of it within ${HANG_MS} ms of CPU time` };
  return { lines, end: status === undefined ? undefined : `the process ended with ${status}: ${errors}` };
}
