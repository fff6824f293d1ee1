/**
 * The table of files and modes in docs/security.md, generated from the files of daemons and commands.
 *
 * `RINGTAIL_WRITE=1 npm test -- testing/files-and-modes` writes the table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { othersCanRun } from '../e2e/shared-daemon.ts';
import { Cast } from './cast.ts';
import { fileTable, NOT_DESCRIBED } from './file-table.ts';
import { makeEverything } from './scenario.ts';

const SLOW = { timeout: 300_000 };
const DOCUMENT = fileURLToPath(new URL('../../docs/security.md', import.meta.url));
const BEGIN = '<!-- Made by testing/files-and-modes -->\n\n';
const END = '\n\n<!-- End of what testing/files-and-modes makes -->';

describe.skipIf(!othersCanRun)('docs/security.md', SLOW, () => {
  it('has every file that daemons and commands make, with owner and mode, whatever the umask', async () => {
    const casts = await Promise.all([0, 0o077].map(castWith));
    const [table, ofNarrow] = casts.map(fileTable) as [string[], string[]];
    expect(table).toEqual(ofNarrow);
    expect(table.filter((row) => row.includes(NOT_DESCRIBED))).toEqual([]);
    expect(namesWith(casts[0], 0o022)).toEqual(['RINGS/ust/uid/UID/64-bit', ...OPEN_TO_PEERS]);
    expect(namesWith(casts[0], 0o044)).toEqual([...OPEN_TO_PEERS.slice(0, 2), 'RUN/pid-file'].sort());
    const text = readFileSync(DOCUMENT, 'utf8');
    const begin = text.indexOf(BEGIN) + BEGIN.length;
    const end = text.indexOf(END);
    if (process.env.RINGTAIL_WRITE === '1') {
      writeFileSync(DOCUMENT, `${text.slice(0, begin)}${table.join('\n')}${text.slice(end)}`);
    } else {
      expect(text.slice(begin, end).split('\n')).toEqual(table);
    }
  });
});

/** Files that users other than the owner may write to; see {@link namesWith}. */
const OPEN_TO_PEERS = ['RUN/app.sock', 'RUN/client.sock', 'RUN/consumer.wake', 'RUN/consumers/UID/consumer.wake'];

async function castWith(umask: number): Promise<Cast> {
  const cast = new Cast(umask);
  await cast.startDaemon();
  const atRoots = async () => {
    await makeEverything(cast, 'root');
    await makeEverything(cast, 'member');
  };
  await Promise.all([atRoots(), makeEverything(cast, 'user')]);
  return cast;
}

/** Names of files with one of these permissions, except memfds and directories that others may only read. */
function namesWith(cast: Cast | undefined, permissions: number): string[] {
  const names = new Set<string>();
  for (const [name, made] of Object.values(cast?.seen ?? {}).flatMap((seen) => [...seen])) {
    const judged = made.filter(({ kind }) => kind !== 'memfd' && (kind !== 'directory' || (permissions & 0o022) !== 0));
    if (judged.some(({ mode }) => (mode & permissions) !== 0)) names.add(name);
  }
  return [...names].sort();
}
