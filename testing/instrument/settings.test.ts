import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, makeSandbox, ringtail } from '../e2e/harness.ts';
import { recorded } from './recorded.ts';

const SERVER = `
  import { readFile } from 'node:fs/promises';
  import { createServer } from 'node:http';
  const server = createServer(async (request, response) => {
    await readFile(process.execPath.replace(/node$/, ''), 'utf8').catch(() => undefined);
    response.end('answer');
  });
  server.listen(0, async () => {
    await (await fetch('http://127.0.0.1:' + server.address().port + '/cart')).text();
    server.close();
    await new Promise((resolve) => server.once('close', resolve));
    if (process.argv[2] === 'crash') process.abort();
  });`;

describe('the settings of a recording', () => {
  it('default records requests, but not each operation on files', async () => {
    const names = (await recorded(SERVER, ['--settings=default'])).events.map(({ name }) => name);
    expect(names).toContain('node_http:server_request_begin');
    expect(names).not.toContain('node_fs:operation');
    expect(names).not.toContain('node_http:client_response');
  });

  it('profile records each operation on files, but no timers, promises and turns', async () => {
    const { events } = await recorded(SERVER, ['--settings=profile']);
    const names = events.map(({ name }) => name);
    expect(names).toContain('node_http:server_request_begin');
    expect(names).toContain('node_undici:response');
    expect(names).toContain('node_fs:operation');
    expect(names.filter((name) => /^node_(async|promise|timers):|turn$/.test(name))).toEqual([]);
  });

  it.each([
    ['default', ['warn']],
    ['profile', ['warn', 'info']],
  ])('%s records what loggers log at these levels: %s', async (settings, levels) => {
    const source = `
      import pino from 'pino';
      const logger = pino({ level: 'trace' }, { write: () => true });
      for (const level of ['warn', 'info', 'debug']) {
        logger[level]('text');
        console[level]('text');
      }`;
    const { events } = await recorded(source, [`--settings=${settings}`]);
    const names = events.map(({ name }) => name).filter((name) => /^node_(pino|console)/.test(name));
    expect(names).toEqual(levels.flatMap((level) => [`node_pino:${level}`, `node_console:${level}`]));
  });

  it('of a file are its rules, to which -u adds', async () => {
    const sandbox = makeSandbox();
    const file = join(sandbox.directory, 'own.json');
    writeFileSync(file, '{ "rules": [{ "pattern": "node_http:*", "exclude": ["*_end"] }] }');
    const { events } = await recorded(SERVER, ['--settings', file, '-u', 'node_process:exit']);
    expect([...new Set(events.map(({ name }) => name))].sort()).toEqual([
      'node_http:server_request_begin',
      'node_process:exit',
    ]);
  });
});

it('the snapshot of a program that crashes under guard has its last requests', async () => {
  const made = makeSandbox();
  const sandbox = { ...made, env: { ...made.env, RINGTAIL_INSTRUMENT: undefined } };
  const program = join(sandbox.directory, 'app.mjs');
  writeFileSync(program, SERVER);
  const output = join(sandbox.directory, 'crashes');
  await ringtail(sandbox, ['guard', '-o', output, '--', process.execPath, program, 'crash']);
  const snapshots = readdirSync(output);
  expect(snapshots).toHaveLength(1);
  const names = eventsOf(sandbox, join(output, snapshots[0]!)).map(({ name }) => name);
  expect(names).toContain('node_http:server_request_begin');
  expect(names).toContain('node_http:server_request_end');
});
