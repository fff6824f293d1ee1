import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Context, DEFAULT_SETTINGS } from '../context/context.ts';

export interface FakeContext extends Context {
  readonly cwd: string;
  /** Everything written to standard output. */
  output(): string;
  /** Everything written to standard error. */
  errors(): string;
}

/** A world of its own for one test: a home that is removed afterwards, a fixed time, streams that remember. */
export function fakeContext(overrides: Partial<FakeContext> = {}): FakeContext {
  const home = mkdtempSync(join(tmpdir(), 'ringtail-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  let output = '';
  let errors = '';
  return {
    env: { RINGTAIL_HOME: home, RINGTAIL_RUNDIR: join(home, 'run'), PATH: process.env.PATH },
    uid: process.getuid?.() ?? 0,
    gids: process.getgroups?.() ?? [],
    cwd: home,
    now: () => new Date(2026, 1, 3, 4, 5, 6),
    stdout: { write: (text) => (output += text) },
    stderr: { write: (text) => (errors += text) },
    settings: DEFAULT_SETTINGS,
    ...overrides,
    output: () => output,
    errors: () => errors,
  };
}
