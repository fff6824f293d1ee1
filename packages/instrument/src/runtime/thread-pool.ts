import cryptoModule from 'node:crypto';
import zlibModule from 'node:zlib';
import type { EventSource, Tracer } from '../instrument.ts';
import { FORMS, isSlow, type Operation, operations } from '../operations.ts';
import { observeAll } from '../wrap.ts';

const COMPRESSIONS = [
  'brotliCompress',
  'brotliDecompress',
  'deflate',
  'deflateRaw',
  'gunzip',
  'gzip',
  'inflate',
].concat(['inflateRaw', 'unzip', 'zstdCompress', 'zstdDecompress']);
/** These have a synchronous form of another name. */
const DERIVATIONS = ['checkPrime', 'generateKeyPair', 'generateKey', 'generatePrime', 'hkdf', 'pbkdf2', 'scrypt'];
/** These are synchronous without a callback. */
const CIPHERS = ['diffieHellman', 'randomBytes', 'randomFill', 'randomFillSync', 'sign', 'verify'];

/** Compressions of whole buffers. Streams compress pieces of their data, and are left out. */
export function zlib(tracer: Tracer): readonly EventSource[] {
  const names = [...COMPRESSIONS, ...COMPRESSIONS.map((name) => `${name}Sync`)];
  return threadPoolWork(tracer, 'node_zlib', zlibModule, names);
}

/** Work of the module crypto that can run in the thread pool: keys, random bytes, signatures. */
export function crypto(tracer: Tracer): readonly EventSource[] {
  const names = [...DERIVATIONS, ...DERIVATIONS.map((name) => `${name}Sync`), ...CIPHERS];
  return threadPoolWork(tracer, 'node_crypto', cryptoModule, names);
}

function threadPoolWork(tracer: Tracer, providerName: string, holder: object, names: readonly string[]) {
  const { provider, u8, u64, str, enumeration } = tracer;
  const isZlib = holder === zlibModule;
  const node = provider(providerName);
  const fields = () =>
    [
      ['operation', str],
      ['form', enumeration(u8, FORMS)],
      ['bytes_in', u64],
      ['bytes_out', u64],
      ['error', str],
      ['start_ns', u64],
      ['duration_ns', u64],
    ] as const;
  const all = node.tracepoint('operation', fields(), { logLevel: 'debug' });
  const slow = node.tracepoint('slow_operation', fields(), { logLevel: 'info' });

  const finished = (operation: Operation) => {
    const { name, form, args, startNs, durationNs, error, result } = operation;
    // The first argument of other functions may be a password, whose length is private.
    const bytesIn = isZlib ? bytesOf(args[0]) : 0;
    all(name, form, bytesIn, bytesOf(result), error, startNs, durationNs);
    if (isSlow(operation)) slow(name, form, bytesIn, bytesOf(result), error, startNs, durationNs);
  };
  return [{ tracepoints: [all, slow], install: () => observeAll(operations(holder, names, finished)) }];
}

function bytesOf(data: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data);
  const { byteLength } = Object(data) as { readonly byteLength?: unknown };
  return typeof byteLength === 'number' ? byteLength : 0;
}
