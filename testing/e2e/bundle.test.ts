import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(ROOT, 'packages', 'cli', 'bundle');
const textOf = (name: string) => readFileSync(join(bundle, name), 'utf8');

describe('the bundle of the command', () => {
  it('has source maps that lead from a line of it to the source', () => {
    const lines = textOf('ringtail-sessiond.js').split('\n');
    const at = lines.findIndex((line) => line.startsWith('async function startSessionDaemon('));
    const map = new SourceMap(JSON.parse(textOf('ringtail-sessiond.js.map')));
    const entry = map.findEntry(at, 0) as { originalSource: string; originalLine: number };
    const source = join(bundle, entry.originalSource);
    expect(source).toBe(join(ROOT, 'packages', 'sessiond', 'src', 'session-daemon.ts'));
    expect(readFileSync(source, 'utf8').split('\n')[entry.originalLine]).toContain('function startSessionDaemon(');
  });

  it('has the licenses of the bundled packages of others', () => {
    const licenses = textOf('LICENSES.txt');
    for (const name of ['commander', 'fast-xml-parser']) {
      expect(licenses).toMatch(new RegExp(`^${name} \\d.*: \\S+`, 'm'));
    }
    expect(licenses).toContain('Permission is hereby granted');
  });
});
