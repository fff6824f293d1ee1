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
  'packages/posix/package.json': manifest('@r/posix'),
  'packages/posix/src/index.ts': "import { join } from 'node:path';\nexport * from './other.ts';\n",
  'packages/ringbuf/package.json': manifest('@r/ringbuf', ['@r/posix', 'koffi']),
  'packages/ringbuf/src/index.ts':
    "import {\n  a,\n} from '@r/posix';\nimport '@r/posix/internal';\nimport koffi from 'koffi';\n",
  'packages/ringbuf/src/a.test.ts': "import { it } from 'vitest';\n",
  'packages/consumerd/package.json': manifest('@r/consumerd', ['@r/ringbuf']),
  'packages/consumerd/src/source/ring/a.ts': "import '@r/ringbuf';\n",
  'packages/consumerd/src/drain/a.test.ts': "import '@r/ringbuf';\n",
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
      'packages/posix/src/x.ts',
      "\nimport { b } from '@r/ringbuf';\n",
      'packages/posix/src/x.ts:2: posix may not import ringbuf',
    ],
    [
      'one by path',
      'packages/ringbuf/src/x.ts',
      "export { a } from '../../posix/src/a.ts';\n",
      'packages/ringbuf/src/x.ts:1: ../../posix/src/a.ts leaves',
    ],
    [
      'a deep one',
      'packages/ringbuf/src/x.ts',
      "import '@r/posix/dist/a.js';\n",
      '@r/posix/dist/a.js is not an entry of @r/posix',
    ],
    [
      'a dynamic one',
      'packages/posix/src/x.ts',
      "const b = await import('@r/ringbuf');\n",
      'posix may not import ringbuf',
    ],
    [
      'one over two lines',
      'packages/posix/src/x.ts',
      "import {\n  b,\n} from '@r/ringbuf';\n",
      'packages/posix/src/x.ts:3: posix',
    ],
    [
      'a dependency not declared',
      'packages/posix/src/x.ts',
      "import koffi from 'koffi';\n",
      'koffi is not a dependency',
    ],
    [
      'a test library in shipped code',
      'packages/posix/src/x.ts',
      "import { it } from 'vitest';\n",
      'vitest is not a dependency',
    ],
    [
      'one around a face',
      'packages/consumerd/src/drain/x.ts',
      "import { b } from '@r/ringbuf';\n",
      'consumerd imports ringbuf in source/ring/ only',
    ],
    ['a bare builtin', 'packages/posix/src/x.ts', "import { join } from 'path';\n", 'write node:path'],
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
      'packages/posix/src/a.ts': "import './b.ts';\n",
      'packages/posix/src/b.ts': "import { c } from './c.ts';\nimport './other.ts';\n",
      'packages/posix/src/c.ts': last,
      'packages/posix/src/other.ts': '',
    };
    const src = 'packages/posix/src';
    expect(run('check-imports.mjs', tree({ ...WORKSPACE, ...cycle }))).toEqual({
      status: 1,
      output:
        `import cycle: ${src}/a.ts -> ${src}/b.ts -> ${src}/c.ts -> ${src}/a.ts\n` +
        'check-imports: 1 import goes where it may not\n',
    });
  });

  it('stops at a cycle of folders, in which tests do not count', () => {
    const src = 'packages/posix/src';
    const folders = {
      [`${src}/sockets/a.ts`]: "import '../traces/a.ts';\n",
      [`${src}/sockets/b.ts`]: '',
      [`${src}/traces/a.ts`]: '',
      [`${src}/traces/a.test.ts`]: "import '../sockets/a.ts';\n",
    };
    expect(run('check-imports.mjs', tree({ ...WORKSPACE, ...folders })).status).toBe(0);
    expect(
      run(
        'check-imports.mjs',
        tree({ ...WORKSPACE, ...folders, [`${src}/traces/b.ts`]: "import '../sockets/b.ts';\n" }),
      ),
    ).toEqual({
      status: 1,
      output:
        `import cycle: ${src}/sockets -> ${src}/traces -> ${src}/sockets\n` +
        'check-imports: 1 import goes where it may not\n',
    });
  });

  const PURE_WORKSPACE = {
    ...WORKSPACE,
    'packages/base/package.json': JSON.stringify({
      name: '@r/base',
      exports: { '.': '', './text': '', './files': '' },
    }),
    'packages/base/src/index.ts': "export * from './brand.ts';\n",
    'packages/base/src/files/index.ts': "import 'node:fs';\n",
    'packages/base/src/node.test.ts': "import 'node:fs';\n",
    'packages/reader/package.json': manifest('@r/reader', ['@r/base', '@r/posix']),
    'packages/reader/src/index.ts': "export * from './files/open.ts';\nexport * from './pure.ts';\n",
    'packages/reader/src/files/open.ts': "import 'node:fs';\nimport '@r/posix';\nimport '../pure.ts';\n",
    'packages/reader/src/pure.ts': "import '@r/base';\nimport '@r/base/text';\n",
  };

  it('lets sources that are not pure import Node.js, and tests', () => {
    expect(run('check-imports.mjs', tree(PURE_WORKSPACE)).output).toBe('check-imports: all imports go downwards\n');
  });

  it.each([
    ['Node.js', 'reader/src/pure.ts', 'node:fs', 'a pure source may not import node:fs'],
    ['a package that is not pure', 'reader/src/print/a.ts', '@r/posix', 'a pure source may not import @r/posix'],
    ['an entry that is not pure', 'reader/src/print/a.ts', '@r/base/files', 'may not import @r/base/files'],
    ['a folder that is not pure', 'reader/src/print/a.ts', '../files/open.ts', 'may not import files/open.ts'],
    ['an own file that is not pure', 'base/src/a.ts', './node.ts', 'a pure source may not import node.ts'],
  ])('stops at a pure source that imports %s', (_, path, specifier, complaint) => {
    const { status, output } = run(
      'check-imports.mjs',
      tree({ ...PURE_WORKSPACE, [`packages/${path}`]: `import '${specifier}';\n` }),
    );
    expect(output).toContain(`packages/${path}:1: `);
    expect(output).toContain(complaint);
    expect(status).toBe(1);
  });

  it('keeps examples away from what is internal', () => {
    const example = {
      'examples/e/package.json': manifest('e', ['@r/posix']),
      'examples/e/a.mjs': "import '@r/posix/internal';\n",
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

  it('leaves long tables, code and addresses alone', () => {
    const long = 'x'.repeat(130);
    const text = `| ${long} |\n\n\`\`\`\n${long}\n\`\`\`\n\n    ${long}\n    ${long}\n\nhttps://example.org/${long}\n`;
    const source = `const a = '${long}';\n/**\n * | ${long} |\n * https://example.org/${long}\n */\n`;
    const { status } = run('check-docs.mjs', tree({ ...DOCUMENTS, 'a.md': text, 'packages/base/src/a.ts': source }));
    expect(status).toBe(0);
  });

  it.each([
    ['a link to no file', 'a.md', '[x](gone.md)', 'a.md:1: gone.md leads nowhere'],
    ['a link to no heading', 'a.md', '[x](README.md#gone)', 'there is no heading #gone in README.md'],
    ['a package not in the table', 'packages/new/package.json', '{}', 'packages/new is not mentioned'],
    ['an undocumented sub-command', 'packages/cli/src/commands/top.ts', '', 'shows "ringtail top"'],
    ['a name of no source', 'a.md', 'see `x/gone.ts`', 'a.md:1: there is no x/gone.ts'],
    ['a long line of prose', 'a.md', `word ${'x'.repeat(116)}`, 'a.md:1: 121 characters of prose'],
    ['a long line of a list', 'a.md', `- word\n    ${'x'.repeat(117)}`, 'a.md:2: 121 characters of prose'],
    ['a long comment', 'packages/base/src/a.ts', `// ${'x'.repeat(118)}\n`, 'packages/base/src/a.ts:1: 121 characters'],
    ['a long comment behind code', 'bench/a.mjs', `f(); // ${'x'.repeat(113)}\n`, 'bench/a.mjs:1: 121 characters'],
  ])('stops at %s', (_, path, text, complaint) => {
    const { status, output } = run('check-docs.mjs', tree({ ...DOCUMENTS, [path]: text }));
    expect(output).toContain(complaint);
    expect(status).toBe(1);
  });
});
