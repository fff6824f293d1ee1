import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { nodePrograms } from './node-programs.ts';

const UPTIME_S = 1000;

interface FakeProcess {
  readonly words: readonly string[];
  readonly ageS?: number;
  readonly environment?: readonly string[];
}

/** The programs that are found in a `/proc` with these processes, numbered from 1 on. */
function programsAmong(...processes: readonly FakeProcess[]) {
  const proc = mkdtempSync(join(tmpdir(), 'rt-proc-'));
  onTestFinished(() => rmSync(proc, { recursive: true, force: true }));
  writeFileSync(join(proc, 'uptime'), `${UPTIME_S}.00 1.00\n`);
  for (const [index, { words, ageS = 500, environment = [] }] of processes.entries()) {
    const directory = join(proc, String(index + 1));
    mkdirSync(join(directory, 'fd'), { recursive: true });
    const before = Array.from({ length: 18 }, () => '0').join(' ');
    writeFileSync(join(directory, 'stat'), `${index + 1} (a) b) S ${before} ${(UPTIME_S - ageS) * 100} 0`);
    writeFileSync(join(directory, 'status'), 'Name:\tnode\nUid:\t7\t7\t7\t7\n');
    writeFileSync(join(directory, 'cmdline'), `${words.join('\0')}\0`);
    writeFileSync(join(directory, 'environ'), environment.map((line) => `${line}\0`).join(''));
  }
  return nodePrograms(proc).map(({ mayRegister, runDirectory }) => [mayRegister, runDirectory]);
}

it('Node.js programs may register soon if they are new, or were started with the tracer', () => {
  expect(
    programsAmong(
      { words: ['node', 'app.js'] },
      { words: ['node', 'app.js'], ageS: 3 },
      { words: ['node', '--import', '@ringtail/tracer/register', 'app.js'] },
      { words: ['node', 'app.js'], environment: ['NODE_OPTIONS=--x --import=file:///a/tracer/dist/index.js'] },
      { words: ['node', 'app.js', '/var/tracer/input'], environment: ['A=1', 'RINGTAIL_RUNDIR=/run/x=y'] },
      { words: ['vi', 'app.js'], ageS: 3 },
    ),
  ).toEqual([
    [null, null],
    ['young', null],
    ['preloaded', null],
    ['preloaded', null],
    [null, '/run/x=y'],
  ]);
});
