import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { monotonicOffsetNs } from './time-namespace.ts';

function processWith(offsets: string, children = 'time:[1]'): string {
  const directory = mkdtempSync(join(tmpdir(), 'rt-timens-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, 'ns'));
  symlinkSync('time:[1]', join(directory, 'ns', 'time'));
  symlinkSync(children, join(directory, 'ns', 'time_for_children'));
  writeFileSync(join(directory, 'timens_offsets'), offsets);
  return directory;
}

it('the offset of a process is that of its time namespace', () => {
  expect(monotonicOffsetNs(processWith('monotonic           0         0\nboottime           77         0\n'))).toBe(0);
  expect(monotonicOffsetNs(processWith('monotonic       86400         5\nboottime            0         0\n'))).toBe(
    86_400_000_000_005,
  );
  expect(monotonicOffsetNs(processWith('monotonic         -10 500000000\nboottime            0         0\n'))).toBe(
    -9_500_000_000,
  );
});

it('the offset is unknown while only future children are in another namespace', () => {
  expect(monotonicOffsetNs(processWith('monotonic       86400         0\n', 'time:[2]'))).toBeUndefined();
});

it('without time namespaces there is no offset', () => {
  expect(monotonicOffsetNs('/nowhere')).toBe(0);
});
