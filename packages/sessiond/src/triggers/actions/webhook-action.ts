import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { describeError, RINGTAIL_VERSION, type Timers } from '@ringtail/base';
import type { TriggerAction, TriggerReport } from '@ringtail/protocol';
import type { Owner } from '../../model/owner.ts';

const BACK_OFF_MS_MIN = 500;
const BACK_OFF_MS_MAX = 60_000;
const DAEMON_ENDS = 'the session daemon ends';

export type Webhook = Extract<TriggerAction, { readonly kind: 'webhook' }>;

export interface WebhookSenderOptions {
  readonly timers: Pick<Timers, 'after'>;
  /** Reads a token with the rights of a user. Rejects with what is wrong with the file. */
  readonly readToken: (path: string, owner: Owner) => Promise<string>;
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
  #closed = false;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
  }

  /**
   * Posts a report as JSON. An answer of 2xx is a success. After no answer in time, 429, 5xx and an unusable token
   * file, another attempt follows a pause that doubles. Any other answer is a failure, also a redirect: it would carry
   * the report to another address than its owner named.
   *
   * @throws {Error} with the last answer
   */
  async send(webhook: Webhook, owner: Owner, report: TriggerReport): Promise<void> {
    const { attempts, tokenFile } = webhook;
    const body = JSON.stringify(report);
    for (let attempt = 1; ; attempt++) {
      try {
        // Each attempt reads the file: tokens are replaced.
        const token = tokenFile === undefined ? undefined : await this.#readToken(tokenFile, owner);
        await this.#post(webhook, token, body);
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
    this.#closed = true;
    for (const giveUp of [...this.#open]) giveUp();
  }

  async #readToken(path: string, owner: Owner): Promise<string> {
    let token: string;
    try {
      token = await this.#options.readToken(path, owner);
    } catch (error) {
      throw new Refused(describeError(error), true);
    }
    if (this.#closed) throw new Refused(DAEMON_ENDS, false);
    return token;
  }

  #post({ url, timeoutMs, headers: added = [] }: Webhook, token: string | undefined, body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = {
        'user-agent': `ringtail/${RINGTAIL_VERSION}`,
        // A request has each header once, in any case of its letters.
        ...Object.fromEntries(added.map(({ name, value }) => [name.toLowerCase(), value])),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
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
      const giveUp = () => end(new Refused(DAEMON_ENDS, false));
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
        reject(new Error(DAEMON_ENDS));
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
