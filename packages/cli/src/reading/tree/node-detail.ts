import type { LogNode, SpanNode, TelemetrySpan } from '@ringtail/analyses';

type Attributes = TelemetrySpan['attributes'];

/** Attributes that a person reads without their names, in this order. */
const TEXTS = ['query', 'command', 'collection', 'subject', 'url.path', 'path', 'file', 'kind', 'error_message'];
/** Attributes that relate events, repeat what the tree shows, or rarely matter. */
const HIDDEN = new Set([
  ...['request_id', 'span_id', 'parent_id', 'start_ns', 'duration_ns', 'node.request_id', 'node.route'],
  ...['http.request.method', 'http.route', 'operation', 'stack', 'stack_source', 'network.peer.port', 'fd', 'forced'],
  ...['network.peer.address', 'connection_reused', 'call_id', 'logger', 'level', 'heap_used'],
]);
/** The selector of a context that may have several types. */
const SELECTOR = /^(node|app)\..*_tag$/;
const NAMED_MAX = 6;

/** The fields of a span or an event in short, on one line. */
export function detailOf(node: SpanNode | LogNode): string {
  if ('span' in node) return partsText(node.span.attributes, node.span.error ? [`failed: ${node.span.error}`] : []);
  const { body, attributes } = node.log;
  return partsText(attributes, [body, stackText(attributes)]);
}

function partsText(attributes: Attributes, first: readonly (string | undefined)[]): string {
  const texts = TEXTS.map((name) => attributes[name]).filter((value) => typeof value === 'string');
  const host = hostOf(attributes);
  const named = Object.entries(attributes)
    .filter(
      ([name, value]) =>
        !HIDDEN.has(name) && !SELECTOR.test(name) && !TEXTS.includes(name) && isShort(value) && !host.names.has(name),
    )
    .slice(0, NAMED_MAX)
    .map(([name, value]) => `${name.replace(/^.*\./, '')}=${value}`);
  return [...first, ...texts, host.text, ...named].filter(Boolean).join('  ');
}

function hostOf(attributes: Attributes): { readonly text: string; readonly names: ReadonlySet<string> } {
  const [host, port] = ['server.address', 'host'].some((name) => attributes[name] !== undefined)
    ? [attributes['server.address'] ?? attributes.host, attributes['server.port'] ?? attributes.port]
    : [];
  const names = new Set(['server.address', 'host', 'server.port', 'port']);
  return { text: [host, port].filter((part) => part !== undefined && part !== '').join(':'), names };
}

/** The function that blocked the event loop. */
function stackText({ stack }: Attributes): string | undefined {
  return Array.isArray(stack) && typeof stack[0] === 'string' ? `in ${stack[0]}` : undefined;
}

function isShort(value: unknown): boolean {
  return (
    (typeof value === 'string' && value !== '' && value.length <= 80) || typeof value === 'number' || value === true
  );
}
