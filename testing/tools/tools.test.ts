import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const TOOLS = fileURLToPath(new URL('../../tools', import.meta.url));

function run(tool: string, root: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(TOOLS, tool), root], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** A tree of its own with these files, removed after the test. */
function tree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'ringtail-tools-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

function manifest(name: string, dependencies: readonly string[] = []): string {
  return JSON.stringify({
    name,
    exports: { '.': './index.js', './internal': './internal.js' },
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '1'])),
  });
}

const WORKSPACE = {
  'package.json': JSON.stringify({ name: 'w', devDependencies: { vitest: '4' } }),
  'packages/base/package.json': manifest('@r/base'),
  'packages/base/src/index.ts': "import { join } from 'node:path';\nexport * from './other.ts';\n",
  'packages/ctf/package.json': manifest('@r/ctf', ['@r/base', 'koffi']),
  'packages/ctf/src/index.ts':
    "import {\n  a,\n} from '@r/base';\nimport '@r/base/internal';\nimport koffi from 'koffi';\n",
  'packages/ctf/src/a.test.ts': "import { it } from 'vitest';\n",
};

describe('check-imports', () => {
  it('lets downward imports by name pass', () => {
    expect(run('check-imports.mjs', tree(WORKSPACE))).toEqual({
      status: 0,
      output: 'check-imports: all imports go downwards\n',
    });
  });

  it.each([
    [
      'an upward import',
      'packages/base/src/x.ts',
      "\nimport { b } from '@r/ctf';\n",
      'packages/base/src/x.ts:2: base may not import ctf',
    ],
    [
      'one by path',
      'packages/ctf/src/x.ts',
      "export { a } from '../../base/src/a.ts';\n",
      'packages/ctf/src/x.ts:1: ../../base/src/a.ts leaves',
    ],
    [
      'a deep one',
      'packages/ctf/src/x.ts',
      "import '@r/base/dist/a.js';\n",
      '@r/base/dist/a.js is not an entry of @r/base',
    ],
    ['a dynamic one', 'packages/base/src/x.ts', "const b = await import('@r/ctf');\n", 'base may not import ctf'],
    [
      'one over two lines',
      'packages/base/src/x.ts',
      "import {\n  b,\n} from '@r/ctf';\n",
      'packages/base/src/x.ts:3: base',
    ],
    [
      'a dependency not declared',
      'packages/base/src/x.ts',
      "import koffi from 'koffi';\n",
      'koffi is not a dependency',
    ],
    [
      'a test library in shipped code',
      'packages/base/src/x.ts',
      "import { it } from 'vitest';\n",
      'vitest is not a dependency',
    ],
    ['a bare builtin', 'packages/base/src/x.ts', "import { join } from 'path';\n", 'write node:path'],
    ['an unknown package', 'packages/new/package.json', manifest('@r/new'), 'packages/new: not in the list'],
  ])('stops at %s and says where', (_, path, text, complaint) => {
    const { status, output } = run('check-imports.mjs', tree({ ...WORKSPACE, [path]: text }));
    expect(output).toContain(complaint);
    expect(status).toBe(1);
  });

  it.each([
    ['a value', "export { a } from './a.ts';\n"],
    ['a type', "import type { A } from './a.ts';\n"],
    ['a type within an expression', "export type B = import('./a.ts').A;\n"],
    ['a module that is loaded later', "export const a = async () => await import('./a.ts');\n"],
  ])('stops at a cycle of imports that is closed by %s, and writes it out', (_, last) => {
    const cycle = {
      'packages/base/src/a.ts': "import './b.ts';\n",
      'packages/base/src/b.ts': "import { c } from './c.ts';\nimport './other.ts';\n",
      'packages/base/src/c.ts': last,
      'packages/base/src/other.ts': '',
    };
    const src = 'packages/base/src';
    expect(run('check-imports.mjs', tree({ ...WORKSPACE, ...cycle }))).toEqual({
      status: 1,
      output:
        `import cycle: ${src}/a.ts -> ${src}/b.ts -> ${src}/c.ts -> ${src}/a.ts\n` +
        'check-imports: 1 import goes where it may not\n',
    });
  });

  it('keeps examples away from what is internal', () => {
    const example = {
      'examples/e/package.json': manifest('e', ['@r/base']),
      'examples/e/a.mjs': "import '@r/base/internal';\n",
    };
    expect(run('check-imports.mjs', tree({ ...WORKSPACE, ...example })).output).toContain(
      'is for sibling packages only',
    );
  });
});

describe('check-docs', () => {
  const DOCUMENTS = {
    'README.md':
      '# Hello\n\n[below](docs/ARCHITECTURE.md#packages) `ringtail view`\n\n```\n[not a link](nowhere)\n```\n',
    'docs/ARCHITECTURE.md': '# A\n\n## Packages\n\n| `base` | x |\n\n## More\n\n| `other` |\n',
    'packages/base/package.json': '{}',
    'packages/cli/src/commands/view.ts': '',
    'packages/cli/src/commands/view.test.ts': '',
  };

  it('lets documents that agree with the tree pass', () => {
    expect(run('check-docs.mjs', tree(DOCUMENTS))).toEqual({
      status: 0,
      output: 'check-docs: documents agree with the tree\n',
    });
  });

  it.each([
    ['a link to no file', 'a.md', '[x](gone.md)', 'a.md:1: gone.md leads nowhere'],
    ['a link to no heading', 'a.md', '[x](README.md#gone)', 'there is no heading #gone in README.md'],
    ['a package not in the table', 'packages/new/package.json', '{}', 'packages/new is not mentioned'],
    ['a sub-command nobody wrote about', 'packages/cli/src/commands/top.ts', '', 'shows "ringtail top"'],
  ])('stops at %s', (_, path, text, complaint) => {
    const { status, output } = run('check-docs.mjs', tree({ ...DOCUMENTS, [path]: text }));
    expect(output).toContain(complaint);
    expect(status).toBe(1);
  });
});
