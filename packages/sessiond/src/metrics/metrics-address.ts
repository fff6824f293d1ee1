import { resolve } from 'node:path';
import { DaemonError } from '../model/daemon-error.ts';

/** Address of the metrics endpoint: a port, or a Unix socket. */
export type MetricsAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Without a host, only this machine can connect. */
const LOOPBACK = '127.0.0.1';
const PORT_MAX = 65_535;

/**
 * Parses `PORT`, `HOST:PORT`, `[IPv6]:PORT` or `unix:PATH`; port 0 is any free port.
 *
 * @throws {DaemonError} `BAD_ARGUMENT`
 */
export function parseMetricsAddress(text: string): MetricsAddress {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: resolve(text.slice('unix:'.length)) };
  }
  const [, bracketed, plain, digits] = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits ?? Number.NaN);
  if (!(port <= PORT_MAX)) {
    throw new DaemonError('BAD_ARGUMENT', `--metrics must be PORT, HOST:PORT or unix:PATH, not ${text}`);
  }
  return { kind: 'tcp', host: bracketed ?? plain ?? LOOPBACK, port };
}
