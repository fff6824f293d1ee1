/** The README's view of one request, with the events of Node.js, a database client, a logger and the application. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { Running, type Sandbox } from '../e2e/harness.ts';
import { postgresql, startPostgresql } from '../instrument/servers.ts';
import { requirePeer } from '../peers.ts';
import { sandboxWithCommand } from './command-sandbox.ts';

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const SECTION = codeBlocksOf('README.md', 'One request in one view');
/** Of the application, the database client, the logger and the runtime. */
const EVENTS = ['shop:order_begin', 'node_pg:query_begin', 'node_pg:query_end', 'node_pino:info', 'shop:order_end'];
const curl = requirePeer('curl', 'the view of one request');

/** An event of a line of `view --no-delta`: its name, and its payload without values that differ from run to run. */
function eventOf(line: string) {
  const [, name = line, contexts = '', payload = ''] =
    /^\[[\d:.]+\] \S+ (\S+): (.*\}), (\{ \w+ = .*\})$/.exec(line) ?? [];
  const fields = payload
    .replaceAll(/\b(\w+_id|start_ns|duration_ns|port|peer_port|bytes_written) = \d+/g, '$1 = N')
    .replaceAll(/file:\/\/[^)]*\//g, 'file://DIRECTORY/');
  return { name, request: /\{ (\d+) \} \}$/.exec(contexts)?.[1], fields };
}

it.skipIf(postgresql === undefined || curl === undefined)(
  'one identifier picks the events of a request, of Node.js, a database client, a logger and the application',
  async () => {
    const database = await startPostgresql();
    onTestFinished(() => database.stop());
    const { directory, env: base } = sandboxWithCommand();
    const connection = { PGHOST: '127.0.0.1', PGPORT: String(database.port), PGUSER: 'tester', PGDATABASE: 'postgres' };
    const env: Sandbox['env'] = { ...base, ...connection, PORT: '0' };
    symlinkSync(PACKAGES, join(directory, 'node_modules'));
    writeFilesOf(SECTION, directory);
    const start = (command: string) => new Running('sh', ['-c', `exec ${command}`], env, directory);
    const run = async (command: string) => {
      const { code, stdout, stderr } = await start(command).ended;
      expect([command, code, stderr]).toEqual([command, 0, '']);
      return stdout.trimEnd().split('\n');
    };

    const [record, request, find, view, ...others] = commandsOf(SECTION);
    expect(others).toEqual([]);
    const recording = start(record as string);
    const [, port] = await recording.says(/listening on port (\d+)\n/);
    expect(await run((request as string).replace('3000', port as string))).toEqual([
      'thank you, ann',
      'thank you, bob',
    ]);
    // The answer to another request shows that the server has recorded the end of these two.
    await (await fetch(`http://127.0.0.1:${port}/orders/carl`)).text();
    recording.kill('SIGINT');
    await recording.ended;

    const [begin, ...more] = await run(find as string);
    expect(more).toEqual([]);
    const [, id] = /\brequest_id = (\d+), method = "GET"/.exec(begin as string) ?? [];
    const events = (await run((view as string).replace(/\d{6,}/, id as string))).map(eventOf);
    expect(new Set(events.map((event) => event.request))).toEqual(new Set([id]));
    const names = ['node_http:server_request_begin', ...EVENTS, 'node_http:server_request_end'];
    expect(events.map(({ name }) => name).filter((name) => names.includes(name))).toEqual(names);

    const shown = (SECTION.at(-1)?.text ?? '').trimEnd().split('\n').map(eventOf);
    expect(shown.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const fieldsOf = (all: typeof events) => all.map(({ name, fields }) => `${name} ${fields}`);
    expect(fieldsOf(events)).toEqual(expect.arrayContaining(fieldsOf(shown)));
  },
);
