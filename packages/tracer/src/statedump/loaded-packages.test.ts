import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PackageFinder } from '@ringtail/base/files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadedFiles, packageOf } from './loaded-packages.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-packages-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function file(path: string, text = ''): string {
  const at = join(root, path);
  mkdirSync(join(at, '..'), { recursive: true });
  writeFileSync(at, text);
  return at;
}

describe('the package of a file', () => {
  it('is the nearest one above that has a name', () => {
    file('app/package.json', '{"name":"app","version":"1.2.3"}');
    file('app/node_modules/dep/package.json', '{"name":"dep","version":"4.5.6"}');
    // As packages mark the module type of a directory.
    file('app/node_modules/dep/esm/package.json', '{"type":"module"}');
    const finder = new PackageFinder();
    expect(packageOf(join(root, 'app/node_modules/dep/esm/a/b.js'), finder)).toEqual({
      name: 'dep',
      version: '4.5.6',
      path: join(root, 'app/node_modules/dep'),
    });
    expect(packageOf(join(root, 'app/src/deep/er/main.js'), finder)?.name).toBe('app');
    expect(packageOf(join(root, 'app/main.js'), finder)).toBe(packageOf(join(root, 'app/src/deep/er/main.js'), finder));
  });

  it.each([
    ['no JSON', '{'],
    ['null', 'null'],
    ['a name that is no text', '{"name":4}'],
    ['a megabyte', `{"name":"big","x":"${'x'.repeat(1024 * 1024)}"}`],
  ])('is not one whose manifest is %s', (_, text) => {
    file('outer/package.json', '{"name":"outer"}');
    file('outer/inner/package.json', text);
    expect(packageOf(join(root, 'outer/inner/a.js'), new PackageFinder())).toMatchObject({
      name: 'outer',
      version: '',
    });
  });

  it('may be none', () => {
    expect(packageOf(join(root, 'nowhere.js'), new PackageFinder())).toBeUndefined();
  });
});

describe('the files that are loaded', () => {
  it('are the program, CommonJS modules and addons', () => {
    const module = file('a/module.cjs', 'module.exports = 1;');
    createRequire(import.meta.url)(module);
    try {
      const files = loadedFiles();
      expect(files).toContain(module);
      expect(files).toContain(process.argv[1]);
    } finally {
      delete createRequire(import.meta.url).cache[module];
    }
  });
});
