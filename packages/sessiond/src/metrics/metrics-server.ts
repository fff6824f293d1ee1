import { lstatSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { describeError, errnoOf, RingtailError, within } from '@ringtail/base';
import { checkDirectory, readTokenFile } from '@ringtail/posix';
import type { Request, SnapshotRecorded } from '@ringtail/protocol';
import type { Log } from '../log/log.ts';
import { isBearer } from './bearer-token.ts';
import { ConnectionSlots } from './connection-slots.ts';
import { METRICS_CONTENT_TYPE } from './exposition.ts';
import {
  HTTP_BODY_BYTES_MAX,
  HTTP_CONNECTIONS_MAX,
  HTTP_CONNECTIONS_PER_SECOND_MAX,
  HTTP_HEAD_BYTES_MAX,
  HTTP_SNAPSHOT_TIMEOUT_MS,
  HTTP_SNAPSHOTS_AT_ONCE_MAX,
  HTTP_TIMEOUT_MS,
} from './limits.ts';
import type { MetricsAddress } from './metrics-address.ts';
import { PacedListener } from './paced-listener.ts';
import { SingleRequest } from './single-request.ts';
import { BadOrder, snapshotOrder } from './snapshot-request.ts';

const LOOPBACKS: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

export interface MetricsServerOptions {
  readonly address: MetricsAddress;
  /** File with the secret for snapshots; undefined: a port accepts no posts for snapshots. */
  readonly tokenFile: string | undefined;
  readonly metrics: () => Promise<Buffer>;
  /** Whether the daemon can do its work. */
  readonly isHealthy: () => boolean;
  /** Carries out a command as the daemon's own user. @throws {RingtailError} */
  readonly execute: (request: Request) => Promise<unknown>;
  /** Another descriptor of the same socket. @throws the system's error */
  readonly duplicate: (descriptor: number) => number;
  readonly log: Log;
}

/** An HTTP answer. */
interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** HTTP status of refusals by the session daemon; 500 if the code is absent. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  NO_SUCH_SESSION: 404,
  NOT_A_SNAPSHOT_SESSION: 409,
  NEVER_STARTED: 409,
  NO_SNAPSHOT_OUTPUT: 409,
  NOT_PERMITTED: 403,
  OUTPUT_NOT_WRITABLE: 507,
  CONSUMER_UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
};

/**
 * Serves metrics, and accepts posts for snapshots, over HTTP. A connection carries one request: Prometheus connects
 * every few seconds, and a client that connects more often costs no more than the limits allow.
 */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #http: Server;
  readonly #slots = new ConnectionSlots<SingleRequest>(HTTP_CONNECTIONS_MAX, HTTP_TIMEOUT_MS);
  #listener: PacedListener | undefined;
  #snapshots = 0;

  private constructor(options: MetricsServerOptions) {
    this.#options = options;
    const limits = { maxHeaderSize: HTTP_HEAD_BYTES_MAX, keepAlive: false };
    this.#http = createServer(limits, (request, response) => void this.#serve(request, response));
  }

  /** @throws {TokenFileRefused} for an unusable token file; errors of listening */
  static async listen(options: MetricsServerOptions): Promise<MetricsServer> {
    if (options.tokenFile !== undefined) readTokenFile(options.tokenFile);
    const server = new MetricsServer(options);
    await server.#listen();
    options.log.info(`metrics are served on ${server.url}`);
    return server;
  }

  /** Address for requests: `http://HOST:PORT`, or `unix:PATH`. */
  get url(): string {
    const { address } = this.#options;
    if (address.kind === 'unix') return `unix:${address.path}`;
    const host = address.host.includes(':') ? `[${address.host}]` : address.host;
    return `http://${host}:${this.#listener?.port ?? address.port}`;
  }

  close(): void {
    this.#listener?.close();
    this.#slots.closeAll();
  }

  async #listen(): Promise<void> {
    const { address } = this.#options;
    if (address.kind === 'unix') checkDirectory(dirname(address.path));
    try {
      await this.#listenOnce();
    } catch (error) {
      const left = address.kind === 'unix' && errnoOf(error) === 'EADDRINUSE' && (await isAbandoned(address.path));
      if (!left) throw error;
      unlinkSync(address.path);
      await this.#listenOnce();
    }
  }

  async #listenOnce(): Promise<void> {
    const { address, duplicate, log } = this.#options;
    this.#listener = await PacedListener.listen({
      listen: address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port },
      connectionsPerSecondMax: HTTP_CONNECTIONS_PER_SECOND_MAX,
      onConnection: (socket) => this.#accept(socket),
      onError: (error) => log.warn(`metrics: ${error.message}`),
      duplicate,
    });
  }

  #accept(socket: Socket): void {
    const connection = new SingleRequest(socket);
    this.#slots.add(connection);
    this.#http.emit('connection', connection);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.on('error', () => {});
    response.on('error', () => {});
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      if (request.destroyed && !request.complete) return;
      this.#options.log.error(`metrics: ${describeError(error)}`);
      answer = refusal(500, 'FAILED', 'the log of the session daemon says more');
    }
    const { status, type = 'application/json', body, headers } = answer;
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? '' : body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (!this.#isMeantForUs(request)) return refusal(403, 'NOT_PERMITTED', 'not for web pages, nor under another name');
    if (!request.url?.startsWith('/')) return refusal(400, 'BAD_MESSAGE', 'ask for a path');
    const { pathname, searchParams } = new URL(`http://ringtail${request.url}`);
    const reads = request.method === 'GET' || request.method === 'HEAD';
    switch (pathname) {
      case '/metrics': {
        if (!reads) return notAllowed('GET, HEAD');
        const body = await this.#slots.during(connectionOf(request), this.#options.metrics());
        return { status: 200, type: METRICS_CONTENT_TYPE, body };
      }
      case '/healthz': {
        if (!reads) return notAllowed('GET, HEAD');
        const healthy = this.#options.isHealthy();
        return json(healthy ? 200 : 503, { status: healthy ? 'ok' : 'the consumer daemon does not run' });
      }
      case '/snapshot':
        if (request.method !== 'POST') return notAllowed('POST');
        return await this.#snapshot(request, searchParams);
      default:
        return refusal(404, 'NOT_FOUND', 'there are /metrics, /healthz and /snapshot');
    }
  }

  /**
   * A web page could make a browser on this machine send a request. Browsers name the page in `Origin`, and a page
   * whose host name leads to this machine has that name in `Host`.
   */
  #isMeantForUs({ headers }: IncomingMessage): boolean {
    if (headers.origin !== undefined) return false;
    const { address } = this.#options;
    if (address.kind === 'unix' || !LOOPBACKS.has(address.host)) return true;
    return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i.test(headers.host ?? '');
  }

  async #snapshot(request: IncomingMessage, query: URLSearchParams): Promise<Answer> {
    const { address, tokenFile, execute, log } = this.#options;
    if (tokenFile === undefined && address.kind !== 'unix') {
      return refusal(
        403,
        'NOT_PERMITTED',
        'every user can reach a port: start the daemon with --metrics-token-file PATH',
      );
    }
    if (tokenFile !== undefined && !isBearer(request.headers.authorization, readTokenFile(tokenFile))) {
      return { ...refusal(401, 'NOT_PERMITTED', 'a token is wanted'), headers: { 'www-authenticate': 'Bearer' } };
    }
    const bytes = Number(request.headers['content-length'] ?? 0);
    if (request.headers['transfer-encoding'] !== undefined) {
      return refusal(411, 'BAD_MESSAGE', 'a body is sent with its length');
    }
    if (bytes > HTTP_BODY_BYTES_MAX) {
      return refusal(413, 'TOO_LONG', `a body has at most ${HTTP_BODY_BYTES_MAX} bytes`);
    }
    connectionOf(request).readBody(bytes);
    const body = await text(request);
    try {
      const order = snapshotOrder(query, body);
      if (order.kind === 'leave') return json(200, { taken: false, reason: order.reason });
      if (this.#snapshots >= HTTP_SNAPSHOTS_AT_ONCE_MAX) {
        const answer = refusal(503, 'TOO_MANY', `${HTTP_SNAPSHOTS_AT_ONCE_MAX} snapshots are being recorded already`);
        return { ...answer, headers: { 'retry-after': '10' } };
      }
      const { session } = order.request.params;
      log.info(`session ${session}: a snapshot was asked for over HTTP`);
      const recorded = await this.#slots.during(
        connectionOf(request),
        within(HTTP_SNAPSHOT_TIMEOUT_MS, this.#count(execute(order.request))),
      );
      if (recorded === undefined) return refusal(504, 'TIMEOUT', 'the snapshot is not written yet; it goes on');
      const { path, statistics } = recorded as SnapshotRecorded;
      return json(200, { taken: true, session, path, statistics });
    } catch (error) {
      if (error instanceof BadOrder) return refusal(400, 'BAD_MESSAGE', error.message);
      if (!(error instanceof RingtailError)) throw error;
      return refusal(STATUS_OF_CODE[error.code] ?? 500, error.code, error.describe());
    }
  }

  #count<T>(promise: Promise<T>): Promise<T> {
    this.#snapshots++;
    return promise.finally(() => {
      this.#snapshots--;
    });
  }
}

/** The HTTP server listens to nothing else. */
function connectionOf(request: IncomingMessage): SingleRequest {
  return request.socket as unknown as SingleRequest;
}

function json(status: number, value: unknown): Answer {
  return { status, body: `${JSON.stringify(value)}\n` };
}

function refusal(status: number, code: string, message: string): Answer {
  return json(status, { error: { code, message } });
}

function notAllowed(allow: string): Answer {
  return { ...refusal(405, 'NOT_ALLOWED', `only ${allow}`), headers: { allow } };
}

/** Whether a socket exists on which no process listens. */
async function isAbandoned(path: string): Promise<boolean> {
  if (!lstatSync(path).isSocket()) return false;
  return await new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error) => resolve(errnoOf(error) === 'ECONNREFUSED'));
  });
}
