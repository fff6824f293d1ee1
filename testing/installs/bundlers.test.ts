/** The commands of docs/your-project.md about bundlers and test runners. */
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { linkPackages, makeProject, type Project, packedOnce, runInSession, unpackPackages } from './project.ts';

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
    const project = await projectWith(['esbuild'], ['esbuild']);
    const { directory, sandbox, succeed } = project;
    const [bundle, record, install] = WHOLE as [string, string, string];
    await succeed(bundle);
    expect((await succeed(record)).stderr).toMatch(THREE);
    // A directory with the bundle alone.
    const deployed = join(sandbox.directory, 'deployed');
    cpSync(join(directory, 'dist'), join(deployed, 'dist'), { recursive: true });
    writeFileSync(join(deployed, 'package.json'), '{ "name": "deployed", "private": true }');
    const run = `cd ${deployed} && node dist/whole.mjs`;
    const without = await runInSession(project, run, { RINGTAIL_DEBUG: '1' });
    expect(without.ended.stderr).toContain('koffi cannot be loaded');
    expect([without.ended.code, without.eventCount]).toEqual([0, 0]);
    await succeed(`cd ${deployed} && ${install}`);
    expect((await runInSession(project, run)).eventCount).toBe(3);
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
