import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { earlierSnapshots } from './earlier-snapshots.ts';

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let output: string;
beforeEach(() => {
  output = mkdtempSync(join(realpathSync(tmpdir()), 'ringtail-earlier-'));
});
afterEach(() => rmSync(output, { recursive: true, force: true }));

function metadata(environment: Readonly<Record<string, string>> = {}): string {
  const all = { tracer_name: 'ringtail', hostname: hostname(), trace_name: 's', ...environment };
  const members = Object.entries(all).map(([name, value]) => `${name} = "${value}";`);
  return `/* CTF 1.8 */\ntrace { major = 1; minor = 8; byte_order = le; };\nenv { ${members.join(' ')} };\nstream { };\n`;
}

function snapshot(name: string, content = metadata(), seconds = 1000): void {
  const trace = join(output, name, 'ust', 'uid', '7', '64-bit');
  mkdirSync(trace, { recursive: true });
  writeFileSync(join(trace, 'metadata'), content);
  utimesSync(join(output, name), seconds, seconds);
}

const foundIn = (path: string) => earlierSnapshots({ path, name: 'box', session: 's' }, owner);
const found = () => foundIn(output);

describe('earlierSnapshots', () => {
  it('finds the snapshots of the session in the output, the oldest first', () => {
    snapshot('box-20261120-133354-0', undefined, 3000);
    snapshot('box-20261121-133354-12', undefined, 1000);
    snapshot('s-recovered-20261121-140000', undefined, 2000);
    expect(found()).toEqual([
      { path: join(output, 'box-20261121-133354-12'), completedMs: 1_000_000 },
      { path: join(output, 's-recovered-20261121-140000'), completedMs: 2_000_000 },
      { path: join(output, 'box-20261120-133354-0'), completedMs: 3_000_000 },
    ]);
  });

  it('finds none where the directory is not made yet', () => {
    expect(foundIn(join(output, 'absent', 'too'))).toEqual([]);
  });

  it('leaves out other names, sessions, machines and tracers, and directories without a readable trace', () => {
    for (const name of ['box', 'box-1', 'box-20261120-133354', 'box-20261120-133354-0-old', 'xbox-20261120-133354-0'])
      snapshot(name);
    snapshot('box-20261120-133354-1', metadata({ trace_name: 't' }));
    snapshot('box-20261120-133354-2', metadata({ hostname: 'elsewhere.invalid' }));
    snapshot('box-20261120-133354-3', metadata({ tracer_name: 'lttng-ust' }));
    snapshot('box-20261120-133354-4', 'trace {');
    mkdirSync(join(output, 'box-20261120-133354-5'));
    writeFileSync(join(output, 'box-20261120-133354-6'), '');
    snapshot('other');
    symlinkSync('other', join(output, 'box-20261120-133354-7'));
    snapshot('box-20261120-133354-8');
    expect(found().map(({ path }) => basename(path))).toEqual(['box-20261120-133354-8']);
  });
});
