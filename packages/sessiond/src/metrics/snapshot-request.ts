import { checkClientRequest, type Request } from '@ringtail/protocol';

/** A snapshot to record, or the reason to record none. */
export type SnapshotOrder =
  | { readonly kind: 'take'; readonly request: Request & { readonly command: 'record-snapshot' } }
  /** The reason to record none. */
  | { readonly kind: 'leave'; readonly reason: string };

/** A post that is not a valid request for a snapshot. */
export class BadOrder extends Error {}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/**
 * Parses a post for a snapshot: `session`, `name` and `max-size` in the query. The body is empty, or the message of an
 * Alertmanager, of which only a firing group of alerts takes a snapshot.
 *
 * @throws {BadOrder} with a sentence for the client
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function snapshotOrder(query: URLSearchParams, body: string): SnapshotOrder {
  for (const name of query.keys()) {
    if (!['session', 'name', 'max-size'].includes(name)) throw new BadOrder(`there is no parameter ${name}`);
    if (query.getAll(name).length > 1) throw new BadOrder(`${name} is given more than once`);
  }
  const status = statusIn(body);
  const session = query.get('session');
  if (session === null) throw new BadOrder('name the session: POST /snapshot?session=NAME');
  const maxSize = query.get('max-size');
  const request = checkRequest({
    id: 0,
    command: 'record-snapshot',
    params: {
      session,
      output: null,
      name: query.get('name'),
      maxBytes: maxSize === null ? null : bytesOf(maxSize),
    },
  });
  if (status !== null && status !== 'firing') return { kind: 'leave', reason: `the alert is ${status}` };
  return { kind: 'take', request };
}

function checkRequest(message: unknown): Request & { readonly command: 'record-snapshot' } {
  try {
    return checkClientRequest(message) as Request & { readonly command: 'record-snapshot' };
  } catch (error) {
    throw new BadOrder((error as Error).message);
  }
}

/** The status of a group of alerts; null for an empty body. */
function statusIn(body: string): string | null {
  if (body.trim() === '') return null;
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    throw new BadOrder('the body is neither empty nor JSON');
  }
  const status = typeof json === 'object' && json !== null ? (json as { readonly status?: unknown }).status : undefined;
  if (status === 'firing' || status === 'resolved') return status;
  throw new BadOrder('the body is not that of an Alertmanager: it has no status "firing" or "resolved"');
}

function bytesOf(text: string): number {
  const [, digits, unit] = /^(\d{1,15})([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new BadOrder(`max-size is a number of bytes, with k, M or G: not ${text}`);
  return Number(digits) * (SIZE_UNITS[(unit ?? '').toLowerCase()] as number);
}
