import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REGISTER_URL, sandboxWithDaemon, startNode, succeed, textAndWarningsOf } from '../e2e/harness.ts';

/** Each request waits in another way, then makes a call of its own. The client uses one connection. */
const SERVER = `
  import http from 'node:http';
  const refused = (path) => new Promise((resolve) => http.get({ port: 1, path }).once('error', resolve));
  const waits = {
    '/timer': () => new Promise((resolve) => setTimeout(resolve, 5)),
    '/promise': () => Promise.resolve(),
    '/callback': () => new Promise((resolve) => setImmediate(resolve)),
  };
  const server = http.createServer(async (request, response) => {
    Object.assign(request, { baseUrl: '/api', route: { path: request.url } });
    await waits[request.url]();
    await refused('/of' + request.url);
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new http.Agent({ keepAlive: true });
  const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
  const get = (path) => new Promise((resolve) => {
    const options = { port: server.address().port, host: '127.0.0.1', path, headers, agent };
    http.get(options, (response) => response.resume().once('close', resolve));
  });
  for (const path of Object.keys(waits)) await get(path);
  await Promise.all(Object.keys(waits).map(get));
  server.close();
  agent.destroy();`;

const CONTEXTS = ['request_id', 'route', 'trace_id', 'parent_span_id'].flatMap((name) => ['-t', `$app.node:${name}`]);
/** The value of a context in a line of text. */
const contextOf = (line: string, name: string) =>
  new RegExp(`_app_node_${name} = \\{ "?([^" }]+)"? \\}`).exec(line)?.[1];

describe('the contexts of a request', () => {
  it('are in the events that belong to it, also if requests overlap', async () => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    const file = join(sandbox.directory, 'app.mjs');
    writeFileSync(file, SERVER);
    await succeed(sandbox, 'create', 'requests', '-o', trace);
    await succeed(sandbox, 'enable-event', '-u', 'node_http:*_begin');
    await succeed(sandbox, 'enable-event', '-u', 'node_http:server_request_end');
    await succeed(sandbox, 'add-context', '-u', ...CONTEXTS);
    await succeed(sandbox, 'start');
    const env = { RINGTAIL_INSTRUMENT: undefined };
    expect((await startNode(sandbox, ['--import', REGISTER_URL, file], env).ended).code).toBe(0);
    await succeed(sandbox, 'destroy');

    const lines = textAndWarningsOf(sandbox, trace).text.trimEnd().split('\n');
    const begins = lines.filter((line) => line.includes('server_request_begin'));
    expect(begins).toHaveLength(6);
    const pathOfId = new Map(
      begins.map((line) => [/request_id = (\d+), method/.exec(line)?.[1], / path = "([^"]*)"/.exec(line)?.[1]]),
    );
    for (const line of begins) {
      expect([line, contextOf(line, 'request_id')]).toEqual([line, /request_id = (\d+), method/.exec(line)?.[1]]);
    }
    const calls = lines.filter((line) => line.includes('path = "/of/'));
    expect(calls).toHaveLength(6);
    for (const line of [...calls, ...lines.filter((line) => line.includes('server_request_end'))]) {
      const path = pathOfId.get(contextOf(line, 'request_id'));
      expect([line, contextOf(line, 'route')]).toEqual([line, `/api${path}`]);
      expect([line, contextOf(line, 'trace_id')]).toEqual([line, '0af7651916cd43dd8448eb211c80319c']);
      expect([line, contextOf(line, 'parent_span_id')]).toEqual([line, 'b7ad6b7169203331']);
      if (line.includes('/of/')) expect(line).toContain(`path = "/of${path}"`);
    }
  });
});
