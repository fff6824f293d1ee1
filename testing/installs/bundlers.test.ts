/** The commands of docs/your-project.md about bundlers and test runners. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { linkPackages, makeProject, type Project, packedOnce, unpackPackages } from './project.ts';

const PAGE = 'docs/your-project.md';
const packed = packedOnce();
const WHOLE = commandsOf(codeBlocksOf(PAGE, 'The tracer in the bundle'));
const THREE = /^ringtail: 3 events in /m;

async function projectWith(packages: readonly string[], commands: readonly string[]): Promise<Project> {
  const project = await makeProject(packed());
  writeFilesOf(codeBlocksOf('README.md', 'Quick start'), project.directory);
  writeFileSync(join(project.directory, 'package.json'), '{ "name": "shop", "private": true }');
  unpackPackages(project.directory, packed());
  linkPackages(project.directory, packages, commands);
  return project;
}

describe('the commands of docs/your-project.md', () => {
  it('bundle with esbuild, webpack, rollup and ncc, and record the bundles', async () => {
    const { directory, succeed } = await projectWith(
      ['esbuild', 'webpack', 'webpack-cli', 'rollup', '@vercel/ncc'],
      ['esbuild', 'webpack', 'rollup', 'ncc'],
    );
    const section = codeBlocksOf(PAGE, 'Bundlers');
    writeFilesOf(section, directory);
    const commands = commandsOf(section).filter((command) => !WHOLE.includes(command));
    expect(commands.map((command) => command.split(' ')[1])).toEqual(
      ['esbuild', 'webpack', 'rollup', 'ncc'].flatMap((bundler) => [bundler, 'ringtail']),
    );
    for (const command of commands) {
      const { stderr } = await succeed(command);
      if (command.startsWith('npx ringtail'))
        expect([command, stderr]).toEqual([command, expect.stringMatching(THREE)]);
    }
  });

  it('put the tracer into a bundle, install its native code beside it, and record the bundle', async () => {
    const { directory, run, succeed } = await projectWith(['esbuild'], ['esbuild']);
    const [bundle, install, record] = WHOLE as [string, string, string];
    await succeed(bundle);
    // A folder with the bundle alone. `ringtail` stays in the project.
    const beside = join(directory, 'deployed');
    mkdirSync(beside);
    cpSync(join(directory, 'dist'), join(beside, 'dist'), { recursive: true });
    writeFileSync(join(beside, 'package.json'), '{ "name": "deployed", "private": true }');
    await succeed(`cd deployed && ${install}`);
    expect((await succeed(`cd deployed && ${record}`)).stderr).toMatch(THREE);
    const refused = await run('node dist/whole.mjs', { RINGTAIL_DEBUG: '1', RINGTAIL_NO_KOFFI: '1' });
    expect(refused.code).toBe(0);
  });

  it('record tests of node --test, vitest and jest', async () => {
    const { directory, succeed } = await projectWith(['vitest', 'jest'], ['vitest', 'jest']);
    rmSync(join(directory, 'app.mjs'));
    const section = codeBlocksOf(PAGE, 'Test runners');
    writeFilesOf(section, directory);
    const commands = commandsOf(section);
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const { stderr } = await succeed(command);
      expect([command, stderr]).toEqual([command, expect.stringMatching(/^ringtail: 1 event in /m)]);
    }
  });
});
