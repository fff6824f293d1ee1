import dnsModule from 'node:dns';
import { isIP } from 'node:net';
import type { EventSource, Tracer } from '../instrument.ts';
import { type Operation, operations } from '../operations.ts';
import { observeAll } from '../wrap.ts';

const LOOKUPS = ['lookup', 'lookupService'];
const QUERIES = ['resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCaa', 'resolveCname', 'resolveMx']
  .concat(['resolveNaptr', 'resolveNs', 'resolvePtr', 'resolveSoa', 'resolveSrv', 'resolveTlsa', 'resolveTxt'])
  .concat(['reverse']);

/** Names that the program looks up, also those to which it connects. */
export function dns({ provider, u8, u32, u64, str }: Tracer): readonly EventSource[] {
  const lookup = provider('node_dns').tracepoint(
    'lookup',
    [
      ['operation', str],
      ['name', str],
      ['family', u8],
      ['results', u32],
      ['error', str],
      ['start_ns', u64],
      ['duration_ns', u64],
    ],
    { logLevel: 'info' },
  );

  const finished = ({ name, args, result, error, startNs, durationNs }: Operation) => {
    // Sockets also pass addresses, which need no lookup.
    if (name === 'lookup' && isIP(String(args[0])) !== 0) return;
    lookup(name, String(args[0]), familyOf(args[1]), countOf(result), error, startNs, durationNs);
  };
  const install = () => {
    const { promises, Resolver } = dnsModule;
    return observeAll([
      ...[dnsModule, promises].flatMap((holder) => operations(holder, [...LOOKUPS, ...QUERIES], finished)),
      ...[Resolver, promises.Resolver].flatMap(({ prototype }) => operations(prototype, QUERIES, finished)),
    ]);
  };
  return [{ tracepoints: [lookup], install }];
}

/** The address family that a lookup asks for; 0: any. */
function familyOf(options: unknown): number {
  const family = typeof options === 'object' && options !== null ? (options as { family?: unknown }).family : options;
  return family === 4 || family === 6 ? family : family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : 0;
}

function countOf(result: unknown): number {
  if (result === undefined || result === null) return 0;
  return Array.isArray(result) ? result.length : 1;
}
