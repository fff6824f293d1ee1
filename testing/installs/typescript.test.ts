/** The types of the packed packages, in compilers, runners and editors. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { LanguageServer } from './language-server.ts';
import { linkPackages, makeProject, packedOnce, unpackPackages } from './project.ts';

const packed = packedOnce();
const INSTALL = commandsOf(codeBlocksOf('README.md', 'Install')).find((command) => command.startsWith('npm install'));

/** A use of each entry; the marked lines are errors if the types are right. */
const USES = {
  'app.mts': `
import { type FieldType, provider, str, u32 } from '@ringtail/tracer';
import { ensureDaemon, SessionDaemonClient } from 'ringtail/ctl';
import { TraceFormatError } from 'ringtail/ctf';
import { findTraceDirectories, TraceReader } from 'ringtail/reader';
import { openMedia } from 'ringtail/reader/pure';

const shop = provider('shop');
const sold = shop.tracepoint('sold', [['id', u32], ['who', str]]);
sold(1, 'Ada');
// @ts-expect-error text for a number
sold('one', 'Ada');
const kind: FieldType<number> = u32;
const client = await SessionDaemonClient.connect();
const { eventsRecorded } = await client.sessionStatistics('x');
const count: number = eventsRecorded;
// @ts-expect-error a session has a name
await client.createSession({ output: null });
console.log(kind, count, ensureDaemon, TraceFormatError, findTraceDirectories, TraceReader, openMedia);
`,
};
const REQUIRE = {
  'app.cts': `
import tracer = require('@ringtail/tracer');
const sold = tracer.provider('shop').tracepoint('sold', [['id', tracer.u32]]);
sold(1);
// @ts-expect-error text for a number
sold('one');
const type: tracer.FieldType<number> = tracer.u32;
export = type;
`,
};

const STRICT = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noEmit: true, types: ['node'] };

const CONFIGURATIONS = {
  nodenext: [{ module: 'nodenext' }, { ...USES, ...REQUIRE }],
  node16: [
    { module: 'node16', target: 'es2022' },
    { ...USES, ...REQUIRE },
  ],
  bundler: [{ module: 'esnext', moduleResolution: 'bundler', target: 'es2022' }, USES],
  preserve: [
    { module: 'preserve', target: 'es2022' },
    { ...USES, ...REQUIRE },
  ],
  'the tracer without types of Node.js': [{ module: 'nodenext', types: [], lib: ['es2023'] }, REQUIRE],
} as const;

it('the types of every entry are right with each module resolution', async () => {
  const { directory, succeed } = await makeProject(packed());
  unpackPackages(directory, packed());
  linkPackages(directory, ['@types/node', 'undici-types'], ['tsc']);
  for (const [name, text] of Object.entries({ ...USES, ...REQUIRE })) writeFileSync(join(directory, name), text);
  for (const [name, [options, files]] of Object.entries(CONFIGURATIONS)) {
    const configuration = { compilerOptions: { ...STRICT, ...options }, files: Object.keys(files) };
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(configuration));
    await succeed(`node_modules/.bin/tsc -p '${name}.json'`);
  }
});

it('the commands of docs/your-project.md compile and record with tsc and tsx, and editors show types', async () => {
  const { directory, succeed } = await makeProject(packed());
  writeFileSync(join(directory, 'package.json'), '{ "name": "hello", "private": true, "type": "module" }');
  await succeed(INSTALL as string);
  const section = codeBlocksOf('docs/your-project.md', 'TypeScript');
  writeFilesOf(section, directory);
  const [install, compile, ...records] = commandsOf(section);
  await succeed(install as string);
  await succeed(compile as string);
  expect(records).toHaveLength(2);
  for (const record of records) expect((await succeed(record)).stderr).toMatch(/^ringtail: 3 events in /m);

  const editor = await LanguageServer.start(directory);
  const file = join(directory, 'app.ts');
  editor.open(file);
  expect(await editor.ask('hover', file, 'const gree')).toContain('const greeted: Tracepoint<');
  expect(await editor.ask('completion', file, "provider('hello').")).toContain('"tracepoint"');
});
