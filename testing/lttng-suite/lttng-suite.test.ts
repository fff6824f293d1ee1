import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const RUN = fileURLToPath(new URL('run.mjs', import.meta.url));
const DOCUMENT = new URL('../../docs/lttng-suite.md', import.meta.url);

interface Result {
  readonly checks: number;
  readonly passed: number;
  readonly differences?: readonly { readonly checks: number }[];
}
const RESULTS: Readonly<Record<string, Result>> = JSON.parse(
  readFileSync(new URL('results.json', import.meta.url), 'utf8'),
);

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { LTTNG_TOOLS: _, ...env } = process.env;
  return spawnSync(process.execPath, [RUN, ...words], { encoding: 'utf8', env });
}

describe("the record of LTTng's own scripts", () => {
  it.each(Object.entries(RESULTS))(
    'of %s has a reason for each check that fails',
    (_, { checks, passed, differences = [] }) => {
      expect(differences.reduce((sum, difference) => sum + difference.checks, passed)).toBe(checks);
    },
  );

  it('is what the document shows', () => {
    const { status, stdout } = run('--table');
    expect(status).toBe(0);
    const tables = stdout.split('\n\n').map((table) => table.trim());
    expect(tables).toHaveLength(2);
    for (const table of tables) expect(readFileSync(DOCUMENT, 'utf8')).toContain(table);
  });
});

describe('the run', () => {
  it('reports the untested part without a checkout', () => {
    const { status, stderr } = run();
    expect([status, stderr]).toEqual([0, expect.stringContaining('SKIPPED: no checkout of lttng-tools')]);
  });

  it('refuses a directory that is not a checkout', () => {
    const { status, stderr } = run('/');
    expect([status, stderr]).toEqual([2, expect.stringContaining('/ is no checkout of lttng-tools')]);
  });
});
