import { type EventFields, firstText } from './event-fields.ts';
import { pathPattern } from './path-pattern.ts';
import type { SlowCallRule } from './rules.ts';
import type { Wait, WaitKind } from './waits.ts';

/** A time span between two events: a request of a server, a call of the program, or an operation of its own. */
export type SpanKind = 'request' | 'call' | 'operation';

interface Call {
  readonly name: RegExp;
  readonly kind: WaitKind;
  readonly word: string;
  /** The rule that reports a long one. */
  readonly slow?: SlowCallRule;
}

/** Calls of the runtime's providers: words for their targets, by the name of the event that begins or reports them. */
const CALLS: readonly Call[] = [
  { name: /^node_http2?:client_request_|^node_undici:request_/, kind: 'call', word: 'HTTP' },
  { name: /^node_dns:/, kind: 'call', word: 'DNS', slow: 'slow-name' },
  { name: /^node_net:connect_/, kind: 'call', word: 'connect' },
  { name: /^node_tls:connect_/, kind: 'call', word: 'TLS' },
  { name: /^node_pg:query_/, kind: 'call', word: 'PostgreSQL' },
  { name: /^node_pg:(slow_)?acquire$/, kind: 'call', word: 'pool of PostgreSQL', slow: 'pool-wait' },
  { name: /^node_mysql2:query_/, kind: 'call', word: 'MySQL' },
  { name: /^node_mysql2:(slow_)?acquire$/, kind: 'call', word: 'pool of MySQL', slow: 'pool-wait' },
  { name: /^node_(io)?redis:command_/, kind: 'call', word: 'Redis' },
  { name: /^node_mongodb:command_/, kind: 'call', word: 'MongoDB' },
  { name: /^node_nats:request_/, kind: 'call', word: 'NATS' },
  { name: /^node_graphql:execute_/, kind: 'call', word: 'GraphQL' },
  { name: /^node_fs:/, kind: 'file', word: '' },
  { name: /^node_child_process:.*sync/i, kind: 'call', word: 'synchronous process' },
  { name: /^node_(crypto|zlib):/, kind: 'call', word: 'thread pool' },
];

const DETAIL_LENGTH_MAX = 200;
const REQUEST = /^node_http2?:server_(request|stream)_/;
const RUNTIME = /^(node|ringtail)_\w+:/;

/** @returns undefined for a pair of the runtime that is no wait, such as the life of a connection */
export function spanKind(name: string): SpanKind | undefined {
  if (REQUEST.test(name)) return 'request';
  if (!RUNTIME.test(name)) return 'operation';
  return isCall(name) ? 'call' : undefined;
}

/** Whether events of this name begin, end or report a call. */
export function isCall(name: string): boolean {
  return CALLS.some((call) => call.name.test(name));
}

/** The rule that reports a long call, by the name of the event that begins or reports it. */
export function slowCallRule(name: string): SlowCallRule {
  return CALLS.find((call) => call.name.test(name))?.slow ?? 'slow-call';
}

/** The name that a span has in the report. `fields` are of its begin and its end. */
export function spanLabel(kind: SpanKind, name: string, fields: EventFields): string {
  if (kind === 'operation') return operationLabel(name, fields);
  if (kind === 'call') {
    const { target, pattern } = callOf(name, fields);
    return firstText(fields, 'query', 'command', 'subject') === '' ? target : `${target} ${pattern}`;
  }
  return `${firstText(fields, 'method') || 'request'} ${routeOf(fields)}`;
}

function operationLabel(name: string, fields: EventFields): string {
  return (OPEN_TELEMETRY.test(name) && firstText(fields, 'name')) || operationName(name);
}

function routeOf(fields: EventFields): string {
  return firstText(fields, 'route') || pathPattern(firstText(fields, 'path') || '/');
}

/** Spans of OpenTelemetry have their names in a field. */
const OPEN_TELEMETRY = /^otel:span_/;

/** `shop:order_begin` is `shop:order`. */
export function operationName(name: string): string {
  return name
    .replace(/([_:.-])(begin|start|entry|enter)(?=[_:.-]|$)/, '')
    .replace(/^(begin|start|entry|enter)[_.-]/, '');
}

/** The call, or the operation of the program's own, that a span is. */
export function callOf(name: string, fields: EventFields): Omit<Wait, 'start' | 'end'> {
  const call = CALLS.find((one) => one.name.test(name));
  if (call === undefined) {
    const detail = firstText(fields, 'query', 'sql', 'statement', 'command').slice(0, DETAIL_LENGTH_MAX);
    return { kind: 'operation', target: operationLabel(name, fields), detail, pattern: detail };
  }
  const operation = firstText(fields, 'operation');
  if (call.kind === 'file') {
    const isSync = firstText(fields, 'form') === 'sync';
    const path = firstText(fields, 'path', 'file');
    const target = operation || operationName(name);
    return { kind: isSync ? 'sync-file' : 'file', target, detail: path, pattern: pathPattern(path) };
  }
  const host = firstText(fields, 'host', 'hostname', 'origin', 'name', 'address', 'file', 'operation');
  const port = firstText(fields, 'port');
  const target = [call.word, port === '' || host.endsWith(`:${port}`) ? host : `${host}:${port}`].join(' ').trim();
  const words = [firstText(fields, 'query', 'command', 'subject'), firstText(fields, 'collection')];
  const query = words.filter(Boolean).join(' ').slice(0, DETAIL_LENGTH_MAX);
  if (query !== '') return { kind: call.kind, target, detail: query, pattern: query };
  const method = firstText(fields, 'method');
  const path = firstText(fields, 'path');
  return {
    kind: call.kind,
    target,
    detail: [method, path].filter(Boolean).join(' '),
    pattern: [method, pathPattern(path)].filter(Boolean).join(' '),
  };
}
