import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { prepareShmPath } from './ring-directory.ts';

it('makes a directory for the ring files of each domain, in which no link may be in the way', () => {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-shm-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const shmPath = join(root, 'shm');
  const prepare = () => prepareShmPath(shmPath, ['ust', 'kernel'], process.getuid?.() ?? 0);
  prepare();
  expect(readdirSync(shmPath).sort()).toEqual(['kernel', 'ust']);
  for (const domain of ['ust', 'kernel']) {
    const link = join(shmPath, domain, 'uid');
    symlinkSync(root, link);
    expect(prepare).toThrow(expect.objectContaining({ code: 'OUTPUT_NOT_WRITABLE' }));
    rmSync(link);
  }
});
