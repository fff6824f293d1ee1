import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { DEFAULT_SESSION } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDaemon } from '../testing/test-daemon.test.support.ts';
import { alertmanagerBody } from './alertmanager.test.support.ts';

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let daemon: TestDaemon;
beforeEach(() => {
  daemon = new TestDaemon();
});
afterEach(async () => {
  await daemon.dispose();
});

/** Where the daemon says that it serves metrics. */
function port(): number {
  return Number(/metrics are served on http:\/\/127\.0\.0\.1:(\d+)/.exec(daemon.log())?.[1]);
}

function ask(method: string, path: string, options: RequestOptions = { port: port() }, body = ''): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', method, path, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Starts the daemon with a token: `secret`. @returns the token's file */
async function startWithToken(): Promise<string> {
  const tokenFile = join(daemon.parent, 'token');
  writeFileSync(tokenFile, 'secret\n', { mode: 0o600 });
  await daemon.start(undefined, ['--metrics', '0', '--metrics-token-file', tokenFile]);
  return tokenFile;
}

function withToken(): RequestOptions {
  return { port: port(), headers: { authorization: 'Bearer secret' } };
}

/** A flight recorder `box` that has been started, and a session `plain`. */
async function withSessions(): Promise<void> {
  const client = await daemon.client();
  const create = (name: string, snapshot: boolean) =>
    client.ask('create-session', { ...DEFAULT_SESSION, name, snapshot, output: join(daemon.parent, name) });
  await create('box', true);
  await create('plain', false);
  await client.ask('enable-event', { session: 'box', channel: null, rule: { pattern: '*' } });
  await client.ask('start-session', { session: 'box' });
}

describe('the metrics of a daemon', () => {
  it('are text in the format of Prometheus, and in order with their types', async () => {
    await daemon.start(undefined, ['--metrics', '0']);
    await withSessions();
    const { status, headers, body } = await ask('GET', '/metrics');
    expect(status).toBe(200);
    expect(headers['content-type']).toContain('text/plain; version=0.0.4');
    expect(body).toContain('# TYPE ringtail_events_recorded_total counter\n');
    expect(body).toContain('ringtail_events_recorded_total{session="box"} 0\n');
    expect(body).toContain('ringtail_sessions{state="active"} 1\nringtail_sessions{state="inactive"} 1\n');
    expect(body).toContain('ringtail_applications 0\n');
    expect(body).toContain('ringtail_metrics_fresh 1\n');
    expect(body).toMatch(/^ringtail_build_info\{version="[^"]+",node="v[^"]+"\} 1$/m);
    expect(body).toMatch(/^process_resident_memory_bytes [1-9]\d+$/m);
    expect(await ask('HEAD', '/metrics')).toMatchObject({ status: 200, body: '' });
  });

  it('forget sessions that are destroyed', async () => {
    await daemon.start(undefined, ['--metrics', '0']);
    await withSessions();
    await (await daemon.client()).ask('destroy-session', { session: 'box' });
    expect((await ask('GET', '/metrics')).body).not.toContain('"box"');
  });

  it('are not served unless that is asked for', async () => {
    await daemon.start();
    expect(daemon.log()).not.toContain('metrics');
  });

  it('on a port that is taken keep the daemon from starting', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port: taken } = other.address() as { port: number };
    const ended = await daemon.start(undefined, ['--metrics', String(taken)]);
    other.close();
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('EADDRINUSE') });
  });

  it('on a Unix socket are for its user alone, also where a killed daemon left the socket behind', async () => {
    const path = join(daemon.parent, 'metrics.sock');
    const args = ['--metrics', `unix:${path}`];
    await daemon.start(undefined, args);
    daemon.kill('SIGKILL');
    await daemon.ended();
    expect(existsSync(path)).toBe(true);
    expect(await daemon.start(undefined, args)).toBeUndefined();
    expect(statSync(path).mode & 0o777).toBe(0o700 & ~0o077);
    expect((await ask('GET', '/healthz', { socketPath: path })).status).toBe(200);
  });

  it('of another daemon on a Unix socket are left alone', async () => {
    const path = join(daemon.parent, 'metrics.sock');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(path, resolve));
    expect(await daemon.start(undefined, ['--metrics', `unix:${path}`])).toMatchObject({ code: 1 });
    other.close();
  });
});

describe('a snapshot over HTTP', () => {
  it('is not taken through a port that every user can reach, unless a token is wanted', async () => {
    await daemon.start(undefined, ['--metrics', '0']);
    await withSessions();
    const { status, body } = await ask('POST', '/snapshot?session=box');
    expect([status, body]).toEqual([403, expect.stringContaining('--metrics-token-file')]);
    expect((await ask('GET', '/metrics')).body).toContain('ringtail_snapshots_total{session="box"} 0\n');
  });

  it('is taken through a Unix socket, which is for its user alone', async () => {
    const socketPath = join(daemon.parent, 'metrics.sock');
    await daemon.start(undefined, ['--metrics', `unix:${socketPath}`]);
    await withSessions();
    expect((await ask('POST', '/snapshot?session=box', { socketPath })).status).toBe(200);
  });

  it('is recorded, counted, and its directory told', async () => {
    await startWithToken();
    await withSessions();
    const { status, body } = await ask('POST', '/snapshot?session=box&name=slow', withToken());
    expect([status, JSON.parse(body)]).toEqual([
      200,
      expect.objectContaining({ taken: true, session: 'box', path: expect.stringContaining('/box/slow-') }),
    ]);
    expect((await ask('GET', '/metrics')).body).toContain('ringtail_snapshots_total{session="box"} 1\n');
  });

  it('is taken for an alert that fires, and not when that is resolved', async () => {
    await startWithToken();
    await withSessions();
    const post = async (body: string) =>
      JSON.parse((await ask('POST', '/snapshot?session=box', withToken(), body)).body) as { readonly taken: boolean };
    expect((await post(alertmanagerBody('firing'))).taken).toBe(true);
    expect((await post(alertmanagerBody('resolved'))).taken).toBe(false);
    expect((await ask('GET', '/metrics')).body).toContain('ringtail_snapshots_total{session="box"} 1\n');
  });

  it('that cannot be recorded is answered with the reason, as whatever else cannot be done', async () => {
    await startWithToken();
    await withSessions();
    for (const [method, path, status, code] of [
      ['POST', '/snapshot?session=plain', 409, 'NOT_A_SNAPSHOT_SESSION'],
      ['POST', '/snapshot?session=nobody', 404, 'NO_SUCH_SESSION'],
      ['POST', '/snapshot', 400, 'BAD_MESSAGE'],
      ['GET', '/snapshot?session=box', 405, 'NOT_ALLOWED'],
      ['POST', '/metrics', 405, 'NOT_ALLOWED'],
      ['GET', '/', 404, 'NOT_FOUND'],
      ['GET', '//[', 404, 'NOT_FOUND'],
      ['GET', 'http://elsewhere/metrics', 400, 'BAD_MESSAGE'],
    ] as const) {
      const answered = await ask(method, path, withToken());
      expect([path, answered.status, JSON.parse(answered.body)]).toMatchObject([path, status, { error: { code } }]);
    }
  });

  it('with a token is for those who have it', async () => {
    const tokenFile = await startWithToken();
    await withSessions();
    const post = async (headers: Record<string, string>) =>
      (await ask('POST', '/snapshot?session=box', { port: port(), headers })).status;
    expect(await post({})).toBe(401);
    expect(await post({ authorization: 'Bearer secre' })).toBe(401);
    expect(await post({ authorization: 'Bearer secret' })).toBe(200);
    expect((await ask('GET', '/metrics')).status).toBe(200);
    writeFileSync(tokenFile, 'another');
    expect(await post({ authorization: 'Bearer another' })).toBe(200);
  });

  it('with a token that others can read is not served', async () => {
    const tokenFile = join(daemon.parent, 'token');
    writeFileSync(tokenFile, 'secret');
    chmodSync(tokenFile, 0o644);
    const ended = await daemon.start(undefined, ['--metrics', '0', '--metrics-token-file', tokenFile]);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('chmod 600') });
  });
});

describe('whoever asks over HTTP', () => {
  it('is not a web page, nor somebody who was led here by another name', async () => {
    await daemon.start(undefined, ['--metrics', '0']);
    const withHeader = async (headers: Record<string, string>) =>
      (await ask('GET', '/metrics', { port: port(), headers })).status;
    expect(await withHeader({ origin: 'https://evil.example' })).toBe(403);
    expect(await withHeader({ host: 'evil.example' })).toBe(403);
    expect(await withHeader({ host: 'localhost:1' })).toBe(200);
  });

  it('sends no more than is needed', async () => {
    await startWithToken();
    await withSessions();
    const long = await ask('POST', '/snapshot?session=box', withToken(), 'x'.repeat(1024 * 1024 + 1)).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    expect(long).toSatisfy((answer: Answered | NodeJS.ErrnoException) =>
      'status' in answer ? answer.status === 413 : answer.code === 'ECONNRESET' || answer.code === 'EPIPE',
    );
    const headers = { 'x-long': 'x'.repeat(20_000) };
    expect((await ask('GET', '/metrics', { port: port(), headers })).status).toBe(431);
    const nonsense = await new Promise<string>((resolve) => {
      let text = '';
      connect(port(), '127.0.0.1')
        .on('data', (chunk) => {
          text += chunk.toString('latin1');
        })
        .on('close', () => resolve(text))
        .end('\0\0 nonsense\r\n\r\n');
    });
    expect(nonsense).toContain('400 Bad Request');
    expect((await ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('SIGUSR2', () => {
  it('has every flight recorder that was started record a snapshot', async () => {
    await daemon.start(undefined, ['--metrics', '0']);
    await withSessions();
    const client = await daemon.client();
    await client.ask('subscribe', {});
    daemon.kill('SIGUSR2');
    while (!client.notifications.some(({ kind }) => kind === 'snapshot-recorded')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(client.notifications).toEqual([expect.objectContaining({ session: 'box' })]);
    expect(daemon.log()).toContain('received SIGUSR2: a snapshot of each flight recorder');
  });
});
