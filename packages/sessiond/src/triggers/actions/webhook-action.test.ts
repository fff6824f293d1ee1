import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemTimers } from '@ringtail/base/node';
import type { TriggerReport } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Webhook, WebhookSender } from './webhook-action.ts';

const REPORT: TriggerReport = {
  trigger: 't',
  uid: 1,
  condition: 'session-rotation',
  at: '2026-11-20T00:00:00.000Z',
  occurrences: 1,
  captures: {},
  details: { archive: '/a' },
};
const NO_LIMIT_MS = 600_000;
const OWNER = { uid: 1, gid: 2 };

let server: Server;
let url: string;
let sender: WebhookSender;
/** What the server does with one request after the other; the last goes on. */
let answers: ((response: ServerResponse, request: IncomingMessage) => void)[];
let bodies: string[];
/** Pauses between attempts, which are not waited for; limits are kept. */
let pauses: number[];
/** Answers of the token file, one after the other; the last stays. */
let tokens: (string | Error)[];
let readTokens: string[];

beforeEach(async () => {
  answers = [];
  bodies = [];
  pauses = [];
  tokens = [];
  readTokens = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      bodies.push(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?a=b`;
  sender = new WebhookSender({
    readToken: async (path, { uid }) => {
      readTokens.push(`${path} as ${uid}`);
      const token = tokens.length > 1 ? tokens.shift() : tokens[0];
      if (token instanceof Error) throw token;
      return token ?? '';
    },
    timers: {
      after(delayMs, run) {
        const isPause = delayMs !== NO_LIMIT_MS && delayMs !== 1;
        if (isPause) pauses.push(delayMs);
        return systemTimers.after(isPause ? 0 : delayMs, run);
      },
    },
  });
});
afterEach(async () => {
  sender.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const send = (timeoutMs: number, attempts: number, more: Partial<Webhook> = {}) =>
  sender.send({ kind: 'webhook', ratePolicy: { every: 1 }, url, timeoutMs, attempts, ...more }, OWNER, REPORT);

const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

describe('a post', () => {
  it('has the report as JSON', async () => {
    answers = [status(204)];
    await send(NO_LIMIT_MS, 1);
    expect(bodies).toEqual([`POST /hook?a=b application/json ${JSON.stringify(REPORT)}`]);
  });

  it('is tried again after pauses that double, while the server is in trouble', async () => {
    answers = [status(500), status(503), status(429), status(200)];
    await send(NO_LIMIT_MS, 10);
    expect(bodies).toHaveLength(4);
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  it('fails after the last attempt', async () => {
    answers = [status(502)];
    await expect(send(NO_LIMIT_MS, 9)).rejects.toThrow('the server answered 502, at the last of 9 attempts');
    expect(bodies).toHaveLength(9);
    expect(pauses.at(-1)).toBe(60_000);
  });

  it.each([400, 401, 404, 301, 307])('that is answered %d is not tried again', async (code) => {
    answers = [status(code, { location: `${url}&redirected` })];
    await expect(send(NO_LIMIT_MS, 5)).rejects.toThrow(`the server answered ${code}`);
    expect(bodies).toHaveLength(1);
  });

  it('has the headers of its owner, and the token of the file', async () => {
    const seen: IncomingMessage['headers'][] = [];
    answers = [
      (response, request) => {
        seen.push(request.headers);
        response.writeHead(200).end();
      },
    ];
    tokens = ['s3cret'];
    const headers = [
      { name: 'X-Team', value: 'shop, night' },
      { name: 'User-Agent', value: 'pager' },
    ];
    await send(NO_LIMIT_MS, 1, { headers, tokenFile: '/t' });
    expect(seen).toMatchObject([{ 'x-team': 'shop, night', 'user-agent': 'pager', authorization: 'Bearer s3cret' }]);
    expect(readTokens).toEqual(['/t as 1']);
    await send(NO_LIMIT_MS, 1);
    expect(seen[1]).not.toHaveProperty('authorization');
  });

  it('reads the token for each attempt, and tries again while the file is unusable', async () => {
    const seen: (string | undefined)[] = [];
    answers = [
      (_, request) => {
        seen.push(request.headers.authorization);
        request.socket.destroy();
      },
      (response, request) => {
        seen.push(request.headers.authorization);
        response.writeHead(200).end();
      },
    ];
    tokens = ['old', new Error('the token file /t cannot be read'), 'new'];
    await send(NO_LIMIT_MS, 3, { tokenFile: '/t' });
    expect(seen).toEqual(['Bearer old', 'Bearer new']);
    tokens = [new Error('the token file /t can be used by others: chmod 600')];
    await expect(send(NO_LIMIT_MS, 2, { tokenFile: '/t' })).rejects.toThrow(
      'the token file /t can be used by others: chmod 600, at the last of 2 attempts',
    );
    expect(bodies).toHaveLength(2);
  });

  it('is not sent if the daemon ends while the token is read', async () => {
    let read = (_token: string) => {};
    const closing = new WebhookSender({
      timers: systemTimers,
      readToken: () => new Promise((resolve) => (read = resolve)),
    });
    const webhook = { kind: 'webhook', ratePolicy: { every: 1 }, url, timeoutMs: NO_LIMIT_MS, attempts: 5 } as const;
    const sent = closing.send({ ...webhook, tokenFile: '/t' }, OWNER, REPORT).catch((error: Error) => error.message);
    closing.close();
    read('s3cret');
    expect(await sent).toBe('the session daemon ends');
    expect(bodies).toEqual([]);
  });

  it('without an answer fails at the time limit', async () => {
    answers = [() => {}];
    await expect(send(1, 2)).rejects.toThrow('no answer within 1 ms, at the last of 2 attempts');
  });

  it('does not wait for the end of an endless answer', async () => {
    answers = [
      (response) => {
        response.writeHead(200);
        const flood = () => {
          while (!response.destroyed && response.write('x'.repeat(65_536)));
        };
        response.on('drain', flood);
        flood();
      },
    ];
    await send(NO_LIMIT_MS, 1);
  });

  it('is tried again if the server breaks off or does not listen', async () => {
    answers = [(_, request) => request.socket.destroy(), status(200)];
    await send(NO_LIMIT_MS, 2);
    expect(bodies).toHaveLength(2);
    await expect(send(NO_LIMIT_MS, 2, { url: 'http://127.0.0.1:1/' })).rejects.toThrow(/ECONNREFUSED.*2 attempts/);
  });

  it('to an address that cannot be a server is refused', async () => {
    await expect(send(NO_LIMIT_MS, 5, { url: 'http://127.0.0.1:99999/' })).rejects.toThrow();
    expect(pauses).toEqual([]);
  });

  it('is cancelled when the daemon ends', async () => {
    answers = [() => {}];
    const sent = send(NO_LIMIT_MS, 5).catch((error: Error) => error.message);
    await expect.poll(() => bodies.length).toBe(1);
    sender.close();
    expect(await sent).toBe('the session daemon ends');
  });
});
