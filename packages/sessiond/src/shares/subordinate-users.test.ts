import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SubordinateUsers } from './subordinate-users.ts';

function makeFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-subuid-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'subuid');
  writeFileSync(path, text);
  return path;
}

it('numbers of user namespaces stand for the user that they were given to, and are never root', () => {
  const path = makeFile('# comment\nroot:5000:10\n1000:100000:65536\nnonsense\nno-such-user-here:1:5\n1001:x:5\n');
  const users = new SubordinateUsers({ path, nowMs: () => 0 });
  const behind = [4999, 5000, 5009, 5010, 100_000, 165_535, 165_536, 1, 65_534].map((uid) => users.userBehind(uid));
  expect(behind).toEqual([4999, 5000, 5000, 5010, 1000, 1000, 165_536, 1, 65_534]);
});

it('a file that changes is read again after a while', () => {
  const path = makeFile('1000:100000:10\n');
  let nowMs = 0;
  const users = new SubordinateUsers({ path, nowMs: () => nowMs });
  expect(users.userBehind(100_000)).toBe(1000);
  writeFileSync(path, '1000:100000:10\n1001:200000:10\n');
  nowMs = 60_000;
  expect(users.userBehind(200_000)).toBe(1001);
  rmSync(path);
  nowMs = 120_000;
  expect(users.userBehind(200_000)).toBe(200_000);
});

it('without a file every number is a user', () => {
  const users = new SubordinateUsers({ path: '/nonexistent/subuid', nowMs: () => 0 });
  expect(users.userBehind(100_000)).toBe(100_000);
});
