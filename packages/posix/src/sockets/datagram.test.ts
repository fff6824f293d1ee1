import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AF_UNIX, MsgFlag, SOCK_CLOEXEC, SOCK_DGRAM } from '../constants.ts';
import { requireKoffi } from '../koffi.ts';
import { bindLibc } from '../libc.ts';
import { loadPosix } from '../load.ts';
import { abstractAddress, unixAddress } from './socket-address.ts';

const loaded = loadPosix();
if (!loaded.ok) throw new Error(loaded.reason);
const { posix } = loaded;
const libc = bindLibc(requireKoffi());

let directory: string;
const fds: number[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-posix-'));
});
afterEach(() => {
  for (const fd of fds.splice(0)) posix.closeFd(fd);
  rmSync(directory, { recursive: true });
});

function receiver(address: Buffer): () => string {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  fds.push(fd);
  expect(libc.bind(fd, address, address.length)).toBe(0);
  const buffer = Buffer.alloc(256);
  return () => buffer.toString('utf8', 0, libc.recv(fd, buffer, buffer.length, MsgFlag.DONTWAIT));
}

describe('sendDatagram', () => {
  it('reaches a socket with a path', () => {
    const path = join(directory, 'notify');
    const received = receiver(unixAddress('bind', path));
    posix.sendDatagram(path, Buffer.from('READY=1'));
    expect(received()).toBe('READY=1');
  });

  it('reaches an abstract socket', () => {
    const name = `ringtail-test-${process.pid}`;
    const received = receiver(abstractAddress('bind', name));
    posix.sendDatagram(`@${name}`, Buffer.from('STOPPING=1'));
    expect(received()).toBe('STOPPING=1');
  });

  it('throws where no process listens', () => {
    expect(() => posix.sendDatagram(join(directory, 'none'), Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    );
    expect(() => posix.sendDatagram(`@${'x'.repeat(108)}`, Buffer.from('x'))).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }),
    );
  });
});

describe('groupIdOf', () => {
  it('finds the groups of the system, and none for other names', () => {
    const name = spawnSync('id', ['-gn'], { encoding: 'utf8' }).stdout.trim();
    expect(posix.groupIdOf(name)).toBe(process.getgid?.());
    expect(posix.groupIdOf('ringtail-no-such-group')).toBeUndefined();
    expect(posix.groupIdOf(`${name}\0more`)).toBeUndefined();
  });
});
