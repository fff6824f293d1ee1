import { visibleLine } from '@ringtail/base/text';
import { SessionDaemonClient } from '@ringtail/ctl';
import type { Command } from 'commander';
import type { Context } from '../context/context.ts';
import { candidates } from '../daemon/daemon.ts';
import { namesOfTraces } from '../session/trace-directory.ts';
import { liveNames } from './live-names.ts';
import { type DaemonKind, type LiveKind, startingWith, suggest } from './suggest.ts';

/** Short, since a person waits for each completion. */
const DAEMON_TIMEOUT_MS = 300;

/**
 * Suggestions for the last word, names from the session daemon included.
 *
 * @param program the command line's description
 */
export async function completions(context: Context, program: Command, words: readonly string[]): Promise<string[]> {
  const { words: known, live, prefix, part } = suggest(program, words);
  const names = live === undefined ? [] : await namesOf(context, live);
  // Names with line breaks or control characters cannot be typed.
  const printable = names.filter((name) => visibleLine(name) === name && !name.includes('\t'));
  return [...known, ...startingWith(part, printable).map((name) => prefix + name)];
}

async function namesOf(context: Context, kind: LiveKind): Promise<readonly string[]> {
  return kind === 'trace' ? namesOfTraces(context) : await namesOfDaemon(context, kind);
}

/** Names from the daemon; none without a daemon, or where it does not answer in time. */
async function namesOfDaemon(context: Context, kind: DaemonKind): Promise<readonly string[]> {
  const open: SessionDaemonClient[] = [];
  const ask = async (): Promise<readonly string[]> => {
    for (const runDirectory of candidates(context)) {
      const client = await SessionDaemonClient.connect({ runDirectory, timeoutMs: DAEMON_TIMEOUT_MS }).catch(
        () => null,
      );
      if (client === null) continue;
      open.push(client);
      return await liveNames(client, kind);
    }
    return [];
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(resolve, DAEMON_TIMEOUT_MS, []);
  });
  try {
    return await Promise.race([ask().catch(() => []), late]);
  } finally {
    clearTimeout(timer);
    for (const client of open) client.close();
  }
}
