import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ClaimedOutput,
  claimOutput,
  makeArchive,
  makeSnapshotDirectory,
  prepareDomainDirectory,
  prepareOutput,
  prepareSnapshotOutput,
} from './output-directory.ts';

const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const nobody = { uid: 65_534, gid: 65_534 };
const isRoot = self.uid === 0;
if (!isRoot) console.warn('SKIPPED: only root can make what it takes: not tested: output directories of other users');

let directory: string;
const claimed = new Set<ClaimedOutput>();

const DATE = '20261120-133354';

function claim(path: string, { inUse = false, beside = false, owner = self } = {}): string {
  const output = claimOutput(path, { owner, inUse, name: 's', date: DATE, beside });
  claimed.add(output);
  return output.path;
}

function releaseAll(): void {
  for (const { descriptor } of claimed) if (descriptor !== undefined) closeSync(descriptor);
  claimed.clear();
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringtail-output-'));
});
afterEach(() => {
  releaseAll();
  rmSync(directory, { recursive: true });
});

describe('an output directory', () => {
  it('is made with its parents, for its user alone', () => {
    const path = join(directory, 'a', 'b');
    prepareOutput(path, self);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    prepareOutput(path, self);
  });

  it('is the wanted one, whatever other files are in it', () => {
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'ust'));
    expect(claim(directory)).toBe(directory);
  });

  it.each(['ust', 'kernel', 'archives'])(
    'is a new one within the wanted one if that has something in its %s',
    (name) => {
      mkdirSync(join(directory, name, 'uid'), { recursive: true });
      expect(claim(directory)).toBe(join(directory, `s-${DATE}`));
      expect(claim(directory)).toBe(join(directory, `s-${DATE}-2`));
    },
  );

  it('is a new one within the wanted one while another session has that, by any name', () => {
    const link = `${directory}-link`;
    symlinkSync(directory, link);
    try {
      claim(directory);
      expect(claim(link)).toBe(join(link, `s-${DATE}`));
      releaseAll();
      expect(claim(link)).toBe(link);
      expect(claim(join(directory, 'free'), { inUse: true })).toBe(join(directory, 'free', `s-${DATE}`));
    } finally {
      rmSync(link);
    }
  });

  it('is a new one beside the wanted one, with a new date, for a restored session', () => {
    for (const [name, fresh] of [
      ['plain', `plain-${DATE}`],
      ['dated-20200101-000000', `dated-${DATE}`],
      ['dated-20200101-000000-7', `dated-${DATE}-2`],
    ] as const) {
      const wanted = join(directory, name);
      expect(claim(wanted, { beside: true })).toBe(wanted);
      releaseAll();
      mkdirSync(join(wanted, 'ust', 'uid'), { recursive: true });
      expect(claim(wanted, { beside: true })).toBe(join(directory, fresh));
    }
  });

  it.skipIf(!isRoot)('is in the wanted one for a restored session that cannot write beside it', () => {
    chmodSync(directory, 0o755);
    const wanted = join(directory, 'theirs');
    mkdirSync(join(wanted, 'ust', 'uid'), { recursive: true });
    for (const path of [wanted, join(wanted, 'ust'), join(wanted, 'ust', 'uid')])
      chownSync(path, nobody.uid, nobody.gid);
    expect(claim(wanted, { beside: true, owner: nobody })).toBe(join(wanted, `s-${DATE}`));
    expect(readdirSync(directory)).toEqual(['theirs']);
  });

  it('is in the wanted one for a restored session if that is a mount point', () => {
    const wanted = mkdtempSync('/dev/shm/ringtail-output-');
    try {
      mkdirSync(join(wanted, 'ust', 'uid'), { recursive: true });
      const link = join(directory, 'mounted');
      symlinkSync(wanted, link);
      expect(claim(link, { beside: true })).toBe(join(link, `s-${DATE}`));
    } finally {
      rmSync(wanted, { recursive: true });
    }
  });

  it('is made once where nobody else may have it', () => {
    const path = join(directory, 'a', 'b');
    expect(makeSnapshotDirectory(path, self)).toBe(true);
    expect(makeSnapshotDirectory(path, self)).toBe(false);
    symlinkSync(directory, join(directory, 'link'));
    expect(makeSnapshotDirectory(join(directory, 'link'), self)).toBe(false);
  });

  it.each(['ust', 'kernel'])('is refused where a link is in the place of its %s', (name) => {
    symlinkSync('elsewhere', join(directory, name));
    expect(() => claim(directory)).toThrow(
      new RegExp(`cannot write to .*: .*/${name} is a symbolic link of user \\d+`),
    );
    rmSync(join(directory, name));
    expect(claim(directory)).toBe(directory);
  });

  it('gets an archive with the directories of the same domains', () => {
    for (const name of ['ust', 'kernel']) prepareDomainDirectory(name, directory, self);
    makeArchive(join(directory, 'archives', 'a'), directory, self);
    expect(readdirSync(join(directory, 'archives', 'a'))).toEqual(['kernel', 'ust']);
    rmSync(join(directory, 'kernel'), { recursive: true });
    makeArchive(join(directory, 'archives', 'b'), directory, self);
    expect(readdirSync(join(directory, 'archives', 'b'))).toEqual(['ust']);
  });

  it('of snapshots is no link, and may be reached through links', () => {
    symlinkSync('.', join(directory, 'link'));
    expect(() => prepareSnapshotOutput(join(directory, 'link'), self)).toThrow(/link is a symbolic link/);
    prepareSnapshotOutput(join(directory, 'link', 'snapshots'), self);
    symlinkSync('snapshots', join(directory, 'other'));
    expect(() => makeSnapshotDirectory(join(directory, 'other', 'one'), self)).toThrow(/other is a symbolic link/);
    expect(makeSnapshotDirectory(join(directory, 'snapshots', 'one'), self)).toBe(true);
  });

  it.skipIf(!isRoot)('that its user may not write to is refused, though the process is root', () => {
    const path = join(directory, 'of-root');
    mkdirSync(path);
    chmodSync(directory, 0o755);
    chmodSync(path, 0o755);
    for (const prepare of [prepareOutput, prepareSnapshotOutput]) {
      expect(() => prepare(path, nobody)).toThrow(/cannot write to .*: EACCES/);
    }
    expect(readdirSync(path)).toEqual([]);
  });

  it.skipIf(!isRoot)('of another user is made as that user, where that user may', () => {
    const path = join(directory, 'theirs');
    expect(() => makeSnapshotDirectory(path, nobody)).toThrow(expect.objectContaining({ code: 'OUTPUT_NOT_WRITABLE' }));
    expect(existsSync(path)).toBe(false);
    chownSync(directory, nobody.uid, nobody.gid);
    expect(makeSnapshotDirectory(path, nobody)).toBe(true);
    expect(statSync(path)).toMatchObject(nobody);
    expect(process.geteuid?.()).toBe(0);
    const secret = join(directory, 'secret');
    mkdirSync(secret);
    chmodSync(secret, 0o700);
    symlinkSync(secret, join(path, 'way'));
    expect(() => prepareOutput(join(path, 'way', 'in'), nobody)).toThrow('cannot write');
    expect(existsSync(join(secret, 'in'))).toBe(false);
  });
});
