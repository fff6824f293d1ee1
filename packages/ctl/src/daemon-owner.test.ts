import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDirectoryAt } from '@ringtail/posix';
import { groupName, userName } from '@ringtail/posix/accounts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { daemonOwner, describeOwner } from './daemon-owner.ts';

const user = userName(process.geteuid?.() ?? 0);
const group = groupName(process.getegid?.() ?? 0);

function runDirectory(socketMode?: number): string {
  const path = mkdtempSync(join(tmpdir(), 'rt-owner-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  const { clientSocket } = runDirectoryAt(path);
  if (socketMode !== undefined) {
    writeFileSync(clientSocket, '');
    chmodSync(clientSocket, socketMode);
  }
  return path;
}

describe('the owner of a daemon that does not serve a user', () => {
  it('is named with the group that it serves', () => {
    const owner = daemonOwner(runDirectory(0o660));
    expect(owner).toEqual({ user, group });
    expect(describeOwner(owner)).toBe(`belongs to ${user} and serves the group ${group}, which you are not in`);
  });

  it('is named alone where it serves no group', () => {
    expect(describeOwner(daemonOwner(runDirectory(0o600)))).toBe(`belongs to ${user}`);
  });

  it('is the owner of the run directory where the socket cannot be seen', () => {
    expect(daemonOwner(runDirectory())).toEqual({ user, group: undefined });
  });

  it('is another user where nothing can be seen', () => {
    expect(describeOwner(daemonOwner('/nowhere/run'))).toBe('belongs to another user');
  });
});
