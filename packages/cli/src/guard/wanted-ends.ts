import { constants } from 'node:os';
import { didYouMean } from '@ringtail/base/text';
import type { ProcessEnd } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** Causes of a snapshot. */
export const SNAPSHOT_CAUSES = ['crash', 'signal', 'exit-code', 'stall'] as const;
export type SnapshotCause = (typeof SNAPSHOT_CAUSES)[number];
export const DEFAULT_SNAPSHOT_CAUSES: readonly SnapshotCause[] = ['crash', 'exit-code'];

/** Signals that request an orderly end. */
const ASKING: ReadonlySet<string> = new Set<NodeJS.Signals>(['SIGHUP', 'SIGINT', 'SIGTERM']);
/** Exit code of a shell, minus the signal's number, for a command that a signal ended. */
const SIGNAL_CODE_BASE = 128;

/**
 * Reads `crash,exit-code`.
 *
 * @throws {CliError} `BAD_ARGUMENT`
 */
export function parseSnapshotCauses(text: string): readonly SnapshotCause[] {
  const words = text.split(',');
  for (const word of words) {
    if ((SNAPSHOT_CAUSES as readonly string[]).includes(word)) continue;
    throw new CliError(
      'BAD_ARGUMENT',
      `"${word}" is nothing that a snapshot is recorded of`,
      `${didYouMean(word, SNAPSHOT_CAUSES)}one or more of: ${SNAPSHOT_CAUSES.join(',')}`,
    );
  }
  return [...new Set(words)] as SnapshotCause[];
}

/**
 * Whether the end of a process is a cause of a snapshot.
 *
 * @param asked signals that were sent to us: the exit code for such a signal is an orderly end
 */
export function isWanted(
  { cause, exitCode, signal }: ProcessEnd,
  causes: readonly SnapshotCause[],
  asked: ReadonlySet<NodeJS.Signals>,
): boolean {
  if (exitCode !== null) {
    if (exitCode === 0 || codesOf(asked).includes(exitCode)) return false;
    return causes.includes('exit-code') || (cause === 'exception' && causes.includes('crash'));
  }
  if (causes.includes('signal')) return true;
  // A process that ends in order reports it, so an unknown reason is an abnormal end.
  return causes.includes('crash') && !(signal !== null && ASKING.has(signal.name));
}

function codesOf(signals: ReadonlySet<NodeJS.Signals>): number[] {
  return [...signals].map((signal) => SIGNAL_CODE_BASE + constants.signals[signal]);
}
