import { operationName, spanKind } from '../findings/span-kind.ts';
import type { Attributes, TelemetrySpanKind } from './telemetry-records.ts';

/** Providers of the runtime whose calls stay in the process or its computer. */
const INTERNAL = /^node_(fs|crypto|zlib|child_process|worker):/;
const RUNTIME = /^node_(\w+?):/;

/** The kind of the span that events of this name begin or report. */
export function telemetryKind(name: string): TelemetrySpanKind {
  const kind = spanKind(name);
  if (kind === 'request') return 'server';
  return kind === 'call' && !INTERNAL.test(name) ? 'client' : 'internal';
}

/**
 * The name of a span: `GET /users/:id`, `shop:order`, `fs readFile`. It contains no path and no host,
 * which would make a name of its own for each.
 *
 * @param name of the event that begins or reports it
 */
export function telemetryName(name: string, attributes: Attributes): string {
  const { 'http.request.method': method, 'http.route': route, operation } = attributes;
  if (typeof method === 'string') return typeof route === 'string' ? `${method} ${route}` : method;
  const runtime = RUNTIME.exec(name)?.[1];
  if (runtime === undefined) return operationName(name);
  const stem = operationName(name.slice(name.indexOf(':') + 1));
  return `${runtime} ${typeof operation === 'string' && operation !== '' ? operation : stem}`;
}

/** Why a span failed, possibly empty; undefined without an error. */
export function errorOf(attributes: Attributes, kind: TelemetrySpanKind): string | undefined {
  const { error, error_message: message, aborted, 'http.response.status_code': status } = attributes;
  if (typeof message === 'string' && message !== '') return message;
  if (typeof error === 'string' && error !== '') return error;
  if (error === true || error === 1) return '';
  if (aborted === true || aborted === 1) return 'aborted';
  // The server is at fault from 500 on; the client that was refused has failed as well.
  if (typeof status === 'number' && status >= (kind === 'server' ? 500 : 400)) return String(status);
  return undefined;
}
