/**
 * Gives the same command lines to the real lttng and to ringtail, and compares exit codes and listings.
 *
 * docs/beside-lttng.md is generated from the rows: RINGTAIL_UPDATE_DOCS=1 writes it anew.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../e2e/harness.ts';
import { requirePeer } from '../peers.ts';
import { comparableAnswer, comparableListing } from './listing.ts';
import { MI_ROWS } from './rows/machine-interface.ts';
import type { Row } from './rows/row.ts';
import { ROWS } from './rows.ts';
import { tableOf, withTable } from './table.ts';
import { type Answer, startLttng, startRingtail, type Tool } from './tools.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/beside-lttng.md', import.meta.url));
/** Names that the rows create in the directory of each tool. */
const LEFTOVERS = ['s', 't', 'o', 'saved', 'shm', 'lttng-traces', 'ringtail-traces'];

const isInstalled = requirePeer('lttng-sessiond', 'that ringtail answers as lttng does') !== undefined;

interface Outcome {
  readonly answer: Answer;
  /** Failed set-up commands with their errors. */
  readonly failedSetUp: readonly string[];
  readonly listing: unknown;
}

describe.skipIf(!isInstalled)('ringtail beside lttng', () => {
  let root: string;
  let lttng: Tool;
  let ringtail: Tool;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'rt-beside-'));
    chmodSync(root, 0o755);
    lttng = startLttng(join(root, 'lttng'));
    ringtail = startRingtail(join(root, 'ringtail'));
  });
  afterAll(async () => {
    await Promise.all([lttng.end(), ringtail.end()]);
    rmSync(root, { recursive: true, force: true });
  });

  it.each(ROWS.map((row) => [row.words, (row.setUp ?? []).join('; '), row] as const))(
    'answers %s (after: %s) in the same way, or with a reason',
    async (_, __, row) => {
      const [theirs, ours] = await Promise.all([outcomeOf(lttng, row), outcomeOf(ringtail, row)]);
      expect(theirs.failedSetUp, 'lttng').toEqual([]);
      expect(ours.failedSetUp, 'ringtail').toEqual([]);
      expect(theirs.answer.exitCode, `lttng: ${theirs.answer.stderr}`).toBe(row.lttng ?? row.exitCode);
      expect(ours.answer.exitCode, `ringtail: ${ours.answer.stderr}`).toBe(row.exitCode);
      if (row.notCompared === undefined) expect(ours.listing).toEqual(theirs.listing);
    },
  );

  it.each(MI_ROWS.map((row) => [row.words, (row.setUp ?? []).join('; '), row] as const))(
    'answers %s (after: %s) in the machine interface in the same way',
    async (_, __, { setUp = [], words }) => {
      const answers = await Promise.all(
        [lttng, ringtail].map(async (tool) => {
          const { answer, failedSetUp } = await outcomeOf(tool, {
            command: '',
            setUp,
            words: `--mi xml ${words}`,
            exitCode: 0,
            notCompared: 'the answer is',
          });
          expect(failedSetUp).toEqual([]);
          return [answer.exitCode, comparableAnswer(answer.stdout, tool.directory)];
        }),
      );
      expect(answers[1]).toEqual(answers[0]);
    },
  );

  it.each([
    ['create s -o OUT/s'],
    ['create s -o OUT/s', 'enable-channel -u c', 'enable-event -u -c c p:*', 'start'],
    ['create s -o OUT/s', 'enable-channel -u c', 'enable-event -u -c c p:*', 'start', 'clear'],
    ['create s -o OUT/s', 'enable-channel -u c', 'enable-event -u -c c p:*', 'start', 'destroy'],
    ['create s -o OUT/s', 'enable-channel -u c', 'enable-event -u -c c p:*', 'start', 'rotate', 'destroy'],
  ])('leaves the same directories behind %s', async (...lines) => {
    const found = await Promise.all(
      [lttng, ringtail].map(async (tool) => {
        for (const line of lines) expect([line, (await tool.run(line)).exitCode]).toEqual([line, 0]);
        const names = existsSync(join(tool.directory, 's')) ? readdirSync(join(tool.directory, 's')) : [];
        await tool.run('destroy -a');
        rmSync(join(tool.directory, 's'), { recursive: true, force: true });
        return names;
      }),
    );
    expect(found[1]).toEqual(found[0]);
  });
});

describe('the table in docs/beside-lttng.md', () => {
  it('has a row for each compared command line', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    const expected = withTable(document, tableOf(ROWS));
    if (process.env.RINGTAIL_UPDATE_DOCS === '1') writeFileSync(DOCUMENT, expected);
    else expect(document, 'RINGTAIL_UPDATE_DOCS=1 npx vitest run testing/beside-lttng writes it').toBe(expected);
  });
});

async function outcomeOf(tool: Tool, row: Row): Promise<Outcome> {
  const failedSetUp: string[] = [];
  for (const line of row.setUp ?? []) {
    const { exitCode, stderr } = await tool.run(line);
    if (exitCode !== 0) failedSetUp.push(`${line}: ${exitCode} ${stderr}`);
  }
  const answer = await tool.run(row.words);
  const listing: unknown[] = [];
  for (const session of row.notCompared === undefined ? ['s', 't'] : []) {
    const { stdout } = await tool.run(`--mi=xml list ${session}`);
    listing.push(comparableListing(stdout, tool.directory));
  }
  await tool.run('destroy -a');
  if ([...(row.setUp ?? []), row.words].some((line) => line.includes('trigger'))) await removeTriggers(tool);
  for (const name of LEFTOVERS) await until(() => isRemoved(join(tool.directory, name)));
  return { answer, failedSetUp, listing };
}

/** A daemon that still archives a session of `destroy --no-wait` makes files while a directory is being removed. */
function isRemoved(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
    return false;
  }
}

async function removeTriggers(tool: Tool): Promise<void> {
  const { stdout } = await tool.run('list-triggers');
  for (const [, name] of stdout.matchAll(/^- name: (.+)$/gm)) await tool.run(`remove-trigger ${name}`);
}
