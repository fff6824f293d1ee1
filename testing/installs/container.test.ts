/** The Dockerfile of docs/your-project.md, whose stages are directories here. */
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { codeBlocksOf, filesOf, writeFilesOf } from '../documents.ts';
import { makeProject, packedOnce, runInSession } from './project.ts';

const packed = packedOnce();

it('a program in the last stage of the Dockerfile is recorded', async () => {
  const project = await makeProject(packed());
  const { directory, sandbox, succeed } = project;
  writeFilesOf(codeBlocksOf('README.md', 'Quick start'), directory);
  mkdirSync(join(directory, 'packages'));
  cpSync(join(packed(), 'ringtail-tracer-0.1.0.tgz'), join(directory, 'packages', 'ringtail-tracer-0.1.0.tgz'));
  await succeed('npm install ./packages/ringtail-tracer-0.1.0.tgz');

  const dockerfile = filesOf(codeBlocksOf('docs/your-project.md', 'Containers')).get('Dockerfile') as string;
  const stages: string[] = [];
  const named = new Map<string, string>();
  let workdir = '';
  let command: readonly string[] = [];
  for (const line of dockerfile.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
    const [instruction, ...words] = line.split(' ');
    const stage = stages.at(-1) as string;
    if (instruction === 'FROM') {
      stages.push(join(sandbox.directory, `stage-${stages.length}`));
      if (words[1] === 'AS') named.set(words[2] as string, stages.at(-1) as string);
    } else if (instruction === 'WORKDIR') {
      workdir = join(stage, words[0] as string);
      mkdirSync(workdir, { recursive: true });
    } else if (instruction === 'COPY') {
      const from = /^--from=(.*)/.exec(words[0] as string)?.[1];
      const source = from === undefined ? directory : (named.get(from) as string);
      const sources = words.slice(from === undefined ? 0 : 1, -1);
      const target = words.at(-1) as string;
      for (const name of sources)
        cpSync(join(source, name), target === './' ? join(workdir, basename(name)) : resolve(workdir, target), {
          recursive: true,
        });
    } else if (instruction === 'RUN') await succeed(`cd ${workdir} && ${words.join(' ')}`);
    else if (instruction === 'CMD') command = JSON.parse(words.join(' '));
    else throw new Error(`the test does not know ${instruction}`);
  }
  for (const stage of stages.slice(0, -1)) rmSync(stage, { recursive: true });
  rmSync(join(directory, 'node_modules'), { recursive: true });
  expect(existsSync(workdir)).toBe(true);
  const [node, program] = command;
  expect(node).toBe('node');
  const { ended, eventCount } = await runInSession(project, `cd ${workdir} && node ${program}`);
  expect([ended.stderr, eventCount]).toEqual(['', 3]);
});
