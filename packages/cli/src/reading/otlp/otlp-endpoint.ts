import { setTimeout as delay } from 'node:timers/promises';
import { describeError, RINGTAIL_VERSION } from '@ringtail/base';
import { CliError } from '../../errors/cli-error.ts';
import { decodeAnswer, type OtlpAnswer, type OtlpEncoding, type OtlpSignal } from './encode-otlp.ts';
import type { OtlpOutput } from './otlp-output.ts';

const ATTEMPTS = 5;
const ANSWER_MS_MAX = 10_000;
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 30_000;
/** Of an answer, whose length a collector decides. */
const ANSWER_BYTES_MAX = 64 << 10;
/** Statuses after which a later attempt may succeed. @see OTLP Specification, OTLP/HTTP Retryable Response Codes */
const RETRYABLE = new Set([429, 502, 503, 504]);
const MEDIA_TYPES = { json: 'application/json', protobuf: 'application/x-protobuf' } as const;

export interface EndpointOptions {
  /** Base address: requests go to `/v1/traces` and `/v1/logs` below it. */
  readonly url: URL;
  readonly encoding: OtlpEncoding;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Receives what a collector says about a part that it has refused. */
  readonly onRefusal: (message: string) => void;
}

/** Sends requests to a collector over HTTP. */
export class OtlpEndpoint implements OtlpOutput {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /**
   * Sends a request, with several attempts where a later one may succeed.
   *
   * @throws {CliError} `ENDPOINT_FAILED`
   */
  async send(signal: OtlpSignal, request: Uint8Array): Promise<number> {
    const url = addressOf(this.#options.url, signal);
    for (let attempt = 1; ; attempt++) {
      const { answer, problem, pauseMs } = await this.#post(url, signal, request);
      if (answer !== undefined) {
        if (answer.rejected > 0 || answer.message !== '') this.#options.onRefusal(answer.message);
        return answer.rejected;
      }
      if (pauseMs === undefined || attempt >= ATTEMPTS) {
        throw new CliError('ENDPOINT_FAILED', `${url} does not take the ${signal}: ${problem}`);
      }
      await delay(Math.min(Math.max(pauseMs, PAUSE_MS_MIN * 2 ** (attempt - 1)), PAUSE_MS_MAX));
    }
  }

  close(): void {}

  /** @returns the answer, or what went wrong, with a pause if another attempt may succeed */
  async #post(
    url: string,
    signal: OtlpSignal,
    request: Uint8Array,
  ): Promise<{ answer?: OtlpAnswer; problem?: string; pauseMs?: number }> {
    const { encoding, headers } = this.#options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: [
          ['content-type', MEDIA_TYPES[encoding]],
          ['user-agent', `ringtail/${RINGTAIL_VERSION}`],
          ...headers.map(([name, value]): [string, string] => [name, value]),
        ],
        body: new Uint8Array(request),
        // A redirect would carry the request to another address than the user named.
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      const bytes = await bodyOf(response);
      const { ok, status } = response;
      if (ok) return { answer: decodeAnswer(bytes, signal, encoding) };
      const retryAfterS = Number(response.headers.get('retry-after') ?? 0);
      const pauseMs = Number.isFinite(retryAfterS) ? retryAfterS * 1000 : 0;
      return { problem: `the answer is ${status}`, ...(RETRYABLE.has(status) && { pauseMs }) };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return { problem: describeError(cause), pauseMs: 0 };
    }
  }
}

function addressOf({ href }: URL, signal: OtlpSignal): string {
  return `${href.replace(/\/(v1\/(traces|logs|metrics)\/?)?$/, '')}/v1/${signal}`;
}

async function bodyOf({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body ?? []) {
    byteCount += chunk.length;
    if (byteCount > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
