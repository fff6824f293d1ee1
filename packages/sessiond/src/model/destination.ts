import type { Destination } from '@ringtail/protocol';
import { DaemonError } from './daemon-error.ts';

/**
 * Path of a directory that packets go to; null without a destination.
 *
 * @throws {DaemonError} `UNSUPPORTED` for any other destination: no part of this daemon writes to it yet
 */
export function directoryOf(destination: Destination): string;
export function directoryOf(destination: Destination | null): string | null;
export function directoryOf(destination: Destination | null): string | null {
  if (destination === null || destination.kind === 'directory') return destination?.path ?? null;
  const { kind } = destination as { readonly kind: string };
  throw new DaemonError('UNSUPPORTED', `not supported yet: an output to a ${kind}`, {
    hint: 'a session writes to a directory: ringtail create -o DIR',
  });
}
