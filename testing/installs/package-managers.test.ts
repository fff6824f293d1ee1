/** Package managers install the packed packages, and the installed copies record. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { makeProject, type PACKAGE_MANAGERS, packedOnce, runInSession } from './project.ts';

const packed = packedOnce();

interface Manager {
  readonly heading: string;
  readonly yarn?: keyof typeof PACKAGE_MANAGERS & `yarn${string}`;
  readonly files?: Readonly<Record<string, string>>;
}

const MANAGERS: readonly [name: string, Manager][] = [
  ['npm', { heading: 'npm' }],
  ['pnpm', { heading: 'pnpm' }],
  ['yarn 1', { heading: 'yarn', yarn: 'yarn' }],
  [
    'yarn 4 with node_modules',
    { heading: 'yarn', yarn: 'yarn 4', files: { '.yarnrc.yml': 'nodeLinker: node-modules\n', 'yarn.lock': '' } },
  ],
  [
    "yarn 4 with Plug'n'Play",
    { heading: 'yarn', yarn: 'yarn 4', files: { '.yarnrc.yml': 'nodeLinker: pnp\n', 'yarn.lock': '' } },
  ],
];

describe('the commands of docs/your-project.md', () => {
  it.each(MANAGERS)('install and record with %s', async (_, { heading, yarn, files = {} }) => {
    const project = await makeProject(packed(), yarn);
    const { directory, succeed } = project;
    writeFilesOf(codeBlocksOf('README.md', 'Quick start'), directory);
    for (const [name, text] of Object.entries({ ...files, 'package.json': '{ "name": "shop", "private": true }' }))
      writeFileSync(join(directory, name), text);
    const commands = commandsOf(codeBlocksOf('docs/your-project.md', heading));
    for (const command of commands.slice(0, -1)) await succeed(command);
    const record = commands.at(-1) as string;
    expect((await succeed(record)).stderr).toMatch(/^ringtail: 3 events in /m);
    // `record` loads a tracer of its own; a session records the program's.
    const isPlugAndPlay = !existsSync(join(directory, 'node_modules'));
    expect(isPlugAndPlay).toBe((files['.yarnrc.yml'] ?? '').includes('pnp'));
    const command = isPlugAndPlay ? 'yarn node app.mjs' : 'node app.mjs';
    const { ended, eventCount } = await runInSession(project, command, { RINGTAIL_DEBUG: '1' });
    expect([ended.stderr, eventCount]).toEqual(['', 3]);
  });
});
