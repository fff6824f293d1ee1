import type { TracepointDescription } from '@ringtail/protocol';

/** Events of the runtime that older versions of Node.js cannot show: providers, by the first version that can. */
export const SEEN_FROM_NODE: Readonly<Record<string, number>> = { node_http2: 22, node_module: 22 };

/**
 * Names what a program's version of Node.js cannot show, of the tracepoints that the program has.
 *
 * @param runtime as the program reports it, such as `Node.js 20.20.2`
 */
export function unseenEvents(runtime: string, tracepoints: readonly TracepointDescription[]): readonly string[] {
  const major = Number(/^Node\.js (\d+)\./.exec(runtime)?.[1] ?? Number.POSITIVE_INFINITY);
  return Object.entries(SEEN_FROM_NODE)
    .filter(([provider, first]) => major < first && tracepoints.some(({ name }) => name.startsWith(`${provider}:`)))
    .map(([provider, first]) => `${provider}:* (from Node.js ${first} on)`);
}
