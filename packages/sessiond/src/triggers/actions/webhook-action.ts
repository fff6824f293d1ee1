import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { RINGTAIL_VERSION, type Timers } from '@ringtail/base';
import type { TriggerReport } from '@ringtail/protocol';

const BACK_OFF_MS_MIN = 500;
const BACK_OFF_MS_MAX = 60_000;

export interface WebhookSenderOptions {
  readonly timers: Pick<Timers, 'after'>;
}

/** A wrong answer, or no answer. */
class Refused extends Error {
  /** Whether a later attempt may succeed. */
  readonly again: boolean;

  constructor(message: string, again: boolean) {
    super(message);
    this.again = again;
  }
}

/** Posts reports, with several attempts where a later one may succeed. */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #open = new Set<() => void>();

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /**
   * Posts a report as JSON. An answer of 2xx is a success. After no answer in time, 429 and 5xx, another attempt
   * follows a pause that doubles. Any other answer is a failure, also a redirect: it would carry the report to
   * another address than its owner named.
   *
   * @throws {Error} with the last answer
   */
  async send(url: string, timeoutMs: number, attempts: number, report: TriggerReport): Promise<void> {
    const body = JSON.stringify(report);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#post(url, timeoutMs, body);
        return;
      } catch (error) {
        const { message, again } = error as Refused;
        if (!again || attempt >= attempts) {
          throw new Error(attempt === 1 ? message : `${message}, at the last of ${attempt} attempts`);
        }
        await this.#pause(Math.min(BACK_OFF_MS_MIN * 2 ** (attempt - 1), BACK_OFF_MS_MAX));
      }
    }
  }

  /** Cancels all posts. */
  close(): void {
    for (const giveUp of [...this.#open]) giveUp();
  }

  #post(url: string, timeoutMs: number, body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': `ringtail/${RINGTAIL_VERSION}`,
        connection: 'close',
      };
      const open = url.startsWith('https:') ? httpsRequest : httpRequest;
      let request: ClientRequest;
      try {
        request = open(url, { method: 'POST', headers, agent: false });
      } catch (error) {
        reject(new Refused((error as Error).message, false));
        return;
      }
      const timer = this.#options.timers.after(timeoutMs, () =>
        end(new Refused(`no answer within ${timeoutMs} ms`, true)),
      );
      const giveUp = () => end(new Refused('the session daemon ends', false));
      const end = (refused: Refused | undefined) => {
        timer.cancel();
        this.#open.delete(giveUp);
        // The rest of the answer is not needed, and may be endless.
        request.destroy();
        if (refused === undefined) resolve();
        else reject(refused);
      };
      this.#open.add(giveUp);
      request.on('error', (error) => end(new Refused(error.message, true)));
      request.once('response', (response) => end(refusalIn(response)));
      request.end(body);
    });
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        timer.cancel();
        this.#open.delete(giveUp);
        reject(new Error('the session daemon ends'));
      };
      const timer = this.#options.timers.after(delayMs, () => {
        this.#open.delete(giveUp);
        resolve();
      });
      this.#open.add(giveUp);
    });
  }
}

function refusalIn({ statusCode = 0 }: IncomingMessage): Refused | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined;
  return new Refused(`the server answered ${statusCode}`, statusCode === 429 || statusCode >= 500);
}
