/** Programs with few descriptors: the tracer leaves them enough, or does not record and reports it. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { makeSandbox, program, record } from './harness.ts';

/** Numbers of descriptors from too few for some Node.js to enough for every Node.js. */
const LIMIT_MIN = 10;
const LIMIT_MAX = 128;
/** Additions to the fewest descriptors with which Node.js runs the program. */
const MORE = [0, 1, 2, 3, 4, 8, 16, 32];

/** Runs the program under a limit of descriptors. @returns its output and its end */
function command(limit: number): string[] {
  return ['bash', '-c', `ulimit -n ${limit} && exec "$0" "$@"`, process.execPath, program('plain.mjs'), '7'];
}

function withoutTracer(limit: number) {
  const [file, ...args] = command(limit) as [string, ...string[]];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { status, stdout } = spawnSync(file, args, { env: { ...env, WITHOUT_TRACER: '1' }, encoding: 'utf8' });
  return { status, stdout };
}

function fewest(): number {
  for (let limit = LIMIT_MIN; limit < LIMIT_MAX; limit++) if (withoutTracer(limit).status === 7) return limit;
  throw new Error(`Node.js does not run with ${LIMIT_MAX} descriptors`);
}

describe('a program with few descriptors', () => {
  const least = fewest();
  const limits = [...MORE.map((more) => least + more), LIMIT_MAX];

  it.each(limits)('runs with %i as without the tracer, and is recorded or reported as not recorded', async (limit) => {
    const { ended, summary } = await record(makeSandbox(), command(limit));
    expect({ status: ended.code, stdout: ended.stdout }).toEqual(withoutTracer(limit));
    if (limit === LIMIT_MAX) expect(summary.eventsRecorded).toBe(100);
    if (summary.eventsRecorded === 100) {
      expect(summary.troubles).toEqual([]);
    } else {
      expect(summary.eventsRecorded).toBe(0);
      expect(summary.troubles.join('\n')).toMatch(/only \d+ of \d+ file descriptors are left.*raise ulimit -n/);
    }
  });
});
