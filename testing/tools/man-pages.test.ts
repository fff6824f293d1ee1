import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TOOL = fileURLToPath(new URL('../../tools/make-man-pages.mjs', import.meta.url));

const hasGroff = spawnSync('groff', ['--version'], { stdio: 'ignore' }).error === undefined;
if (!hasGroff) process.stderr.write('SKIPPED: groff is not installed: not tested: how it reads the manual pages\n');

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-man-'));
  expect(make().status).toBe(0);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function make(...options: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [TOOL, ...options, directory], { encoding: 'utf8' });
}

function page(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}

describe('the manual pages', () => {
  it('exist for the program, each command and the session daemon', () => {
    const names = readdirSync(directory);
    expect(names).toEqual(expect.arrayContaining(['ringtail.1', 'ringtail-create.1', 'ringtail-sessiond.8']));
    for (const name of names) {
      if (!/^ringtail-.*\.1$/.test(name)) continue;
      expect(page('ringtail.1')).toContain(name.slice(0, -'.1'.length).replaceAll('-', '\\-'));
    }
    expect(page('ringtail-create.1')).toContain('\\fB\\-\\-snapshot\\fR');
    expect(page('ringtail-sessiond.8')).toContain('\\fB\\-l\\fR, \\fB\\-\\-load\\fR \\fIPATH\\fR');
    expect(names.filter((name) => name.includes('_'))).toEqual([]);
  });

  it.skipIf(!hasGroff)('are formatted by groff without a warning', () => {
    for (const name of readdirSync(directory)) {
      const groff = spawnSync('groff', ['-man', '-ww', '-Tutf8', join(directory, name)], { encoding: 'utf8' });
      expect([name, groff.stderr, groff.status]).toEqual([name, '', 0]);
    }
  });

  it('that are out of date are reported', () => {
    expect(make('--check').status).toBe(0);
    appendFileSync(join(directory, 'ringtail.1'), '.\n');
    writeFileSync(join(directory, 'ringtail-former.1'), '');
    const { status, stderr } = make('--check');
    expect(status).toBe(1);
    expect(stderr).toMatch(/ringtail\.1 is not up to date\n.*ringtail-former\.1 is not up to date\n/);
    expect(make().status).toBe(0);
    expect(make('--check').status).toBe(0);
  });
});
