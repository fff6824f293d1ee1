/** Names of programs in listings: what runs, not `node`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import {
  makeSandbox,
  REGISTER_URL,
  Running,
  resultOf,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  succeed,
  until,
} from './harness.ts';

const node = process.execPath;
const tsx = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url));
/** Waits until standard input ends, which is the test's. */
const WAIT = 'process.stdin.resume()';

const babeltrace2 = requirePeer('babeltrace2', 'that it reads traces that name their programs');

interface Listed {
  readonly domains: readonly { readonly applications: readonly { pid: number; program: string }[] }[];
}

async function programsOf(sandbox: Sandbox): Promise<Map<number, string>> {
  const { domains } = await resultOf<Listed>(sandbox, 'list', '-u');
  return new Map(domains.flatMap(({ applications }) => applications.map(({ pid, program }) => [pid, program])));
}

/** A package `@acme/shop` with some scripts. */
function makePackage(sandbox: Sandbox): string {
  const directory = join(sandbox.directory, 'work');
  mkdirSync(join(directory, 'src'), { recursive: true });
  const manifest = { name: '@acme/shop', main: 'server.js', scripts: { start: `'${node}' src/index.js` } };
  for (const [path, text] of Object.entries({
    'package.json': JSON.stringify(manifest),
    'server.js': WAIT,
    'title.js': `process.title = 'pay'; ${WAIT}`,
    'src/index.js': WAIT,
    'src/app.ts': `const wait: string = 'resume'; process.stdin[wait]();`,
    'worker.js': 'setInterval(() => {}, 1000)',
    'threads.js': `new (require('node:worker_threads').Worker)(require.resolve('./worker.js')).unref(); ${WAIT}`,
  })) {
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

it('are scripts and packages, titles, and options that run a program without a script', async () => {
  const sandbox = sandboxWithDaemon();
  const directory = makePackage(sandbox);
  await succeed(sandbox, 'create', 'any');
  const env = { ...sandbox.env, NODE_OPTIONS: `--import=${REGISTER_URL}` };
  const wanted: readonly (readonly [string[], string])[] = [
    [[node, 'server.js'], '@acme/shop/server.js'],
    [[node, '.'], '@acme/shop'],
    [[node, 'title.js'], 'pay'],
    [[node, 'threads.js'], '@acme/shop/threads.js'],
    [[node, '-e', WAIT], 'node -e'],
    [[tsx, 'src/app.ts'], '@acme/shop/app.ts'],
    [['npm', 'start'], '@acme/shop/index.js'],
  ];
  const all = wanted.map(([[command, ...args]]) => new Running(command as string, args, env, directory));
  const names = wanted.map(([, name]) => name).sort();
  // The runners tsx and npm are programs too.
  await until(async () => {
    const listed = [...(await programsOf(sandbox)).values()];
    return names.every((name) => listed.includes(name));
  });
  const listed = await succeed(sandbox, 'list', '-u');
  expect(listed).toContain(`PID: ${all[0]?.pid} - Name: @acme/shop/server.js\n`);
  expect(listed).toMatch(/ - Thread: \d+ - Name: @acme\/shop\/threads\.js\n/);
  expect(listed).not.toMatch(/ - Name: node\n/);
  for (const one of all) one.process.stdin?.end();
  await Promise.all(all.map(({ ended }) => ended));
});

it('are in the trace: the list of traces names scripts, and Babeltrace 2 shows them in the environment', async () => {
  const sandbox = makeSandbox();
  const tick = (name: string) => {
    const path = join(sandbox.directory, name);
    writeFileSync(
      path,
      `import { provider, u32 } from '${import.meta.resolve('@ringtail/tracer')}';
       provider('app').tracepoint('tick', [['n', u32]])(1);`,
    );
    return path;
  };
  const [first, second] = [tick('first.mjs'), tick('second.mjs')];
  const recorded = await ringtail(sandbox, [
    'record',
    '-u',
    'app:*',
    'sh',
    '-c',
    `'${node}' ${first}; '${node}' ${second}`,
  ]);
  expect(recorded.code, recorded.stderr).toBe(0);
  const { traces } = await resultOf<{ traces: { path: string; programs: string[] }[] }>(sandbox, 'traces');
  expect(traces.map(({ programs }) => programs)).toEqual([['first.mjs', 'second.mjs']]);
  if (babeltrace2 === undefined) return;
  const path = traces[0]?.path as string;
  const read = spawnSync(babeltrace2, ['-c', 'sink.text.details', path], { encoding: 'utf8' });
  expect(read.status, read.stderr).toBe(0);
  expect(read.stdout).toMatch(/ program_\d+: first\.mjs\n +program_\d+: second\.mjs\n/);
  expect(read.stdout.match(/app:tick/g)).not.toBeNull();
});
