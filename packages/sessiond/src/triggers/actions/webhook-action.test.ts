import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemTimers } from '@ringtail/base/node';
import type { TriggerReport } from '@ringtail/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebhookSender } from './webhook-action.ts';

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

let server: Server;
let url: string;
let sender: WebhookSender;
/** What the server does with one request after the other; the last goes on. */
let answers: ((response: ServerResponse, request: IncomingMessage) => void)[];
let bodies: string[];
/** Pauses between attempts, which are not waited for; limits are kept. */
let pauses: number[];

beforeEach(async () => {
  answers = [];
  bodies = [];
  pauses = [];
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

const status =
  (code: number, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(code, headers).end();

describe('a post', () => {
  it('has the report as JSON', async () => {
    answers = [status(204)];
    await sender.send(url, NO_LIMIT_MS, 1, REPORT);
    expect(bodies).toEqual([`POST /hook?a=b application/json ${JSON.stringify(REPORT)}`]);
  });

  it('is tried again after pauses that double, while the server is in trouble', async () => {
    answers = [status(500), status(503), status(429), status(200)];
    await sender.send(url, NO_LIMIT_MS, 10, REPORT);
    expect(bodies).toHaveLength(4);
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  it('fails after the last attempt', async () => {
    answers = [status(502)];
    await expect(sender.send(url, NO_LIMIT_MS, 9, REPORT)).rejects.toThrow(
      'the server answered 502, at the last of 9 attempts',
    );
    expect(bodies).toHaveLength(9);
    expect(pauses.at(-1)).toBe(60_000);
  });

  it.each([400, 401, 404, 301, 307])('that is answered %d is not tried again', async (code) => {
    answers = [status(code, { location: `${url}&redirected` })];
    await expect(sender.send(url, NO_LIMIT_MS, 5, REPORT)).rejects.toThrow(`the server answered ${code}`);
    expect(bodies).toHaveLength(1);
  });

  it('without an answer fails at the time limit', async () => {
    answers = [() => {}];
    await expect(sender.send(url, 1, 2, REPORT)).rejects.toThrow('no answer within 1 ms, at the last of 2 attempts');
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
    await sender.send(url, NO_LIMIT_MS, 1, REPORT);
  });

  it('is tried again if the server breaks off or does not listen', async () => {
    answers = [(_, request) => request.socket.destroy(), status(200)];
    await sender.send(url, NO_LIMIT_MS, 2, REPORT);
    expect(bodies).toHaveLength(2);
    await expect(sender.send('http://127.0.0.1:1/', NO_LIMIT_MS, 2, REPORT)).rejects.toThrow(
      /ECONNREFUSED.*2 attempts/,
    );
  });

  it('to an address that cannot be a server is refused', async () => {
    await expect(sender.send('http://127.0.0.1:99999/', NO_LIMIT_MS, 5, REPORT)).rejects.toThrow();
    expect(pauses).toEqual([]);
  });

  it('is cancelled when the daemon ends', async () => {
    answers = [() => {}];
    const sent = sender.send(url, NO_LIMIT_MS, 5, REPORT).catch((error: Error) => error.message);
    await expect.poll(() => bodies.length).toBe(1);
    sender.close();
    expect(await sent).toBe('the session daemon ends');
  });
});
