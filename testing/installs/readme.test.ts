/** The commands of the README's first sections, as a developer types them in a folder of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { Running } from '../e2e/harness.ts';
import { makeProject } from './project.ts';

/** As for a user; other tests have `0`. */
const INSTRUMENTED = { RINGTAIL_INSTRUMENT: undefined };

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('the commands of the README lead from an empty folder to a printed trace', async () => {
  const pack = mkdtempSync(join(tmpdir(), 'rt-pack-'));
  onTestFinished(() => rmSync(pack, { recursive: true, force: true }));
  const { directory, sandbox, succeed } = await makeProject(pack);
  const [clean, packing, install, tryIt, testIt, ...others] = commandsOf(codeBlocksOf('README.md', 'Install'));
  // The packages from which this test runs were installed by this command.
  expect(clean).toBe('npm ci');
  expect(packing).toBe('npm run pack');
  expect([tryIt, testIt, others]).toEqual(['npm ci && npm start', 'npm ci && npm test', []]);

  const packed = await new Running('sh', ['-c', `${packing} -- ${pack}`], sandbox.env, ROOT).ended;
  expect([packed.code, packed.stderr]).toEqual([0, '']);
  const printed = /^ {2}(npm install .*)$/m.exec(packed.stdout)?.[1];
  expect(printed?.replaceAll(pack, '../ringtail/pack')).toBe(install);

  expect((await succeed(install as string)).stdout).toMatch(/added \d+ packages/);
  const quickStart = codeBlocksOf('README.md', 'Quick start');
  writeFilesOf(quickStart, directory);
  const [record, view, ...more] = commandsOf(quickStart);
  expect(more).toEqual([]);
  const recorded = await succeed(record as string, INSTRUMENTED);
  expect([recorded.stdout, recorded.stderr]).toEqual(['', expect.stringMatching(/^ringtail: 3 events in /)]);
  const viewed = await succeed(view as string);
  expect(viewed.stderr).toBe('');
  // The README shows the same output, with other times and process ids.
  const shown = quickStart.find(({ text }) => text.startsWith('ringtail: 3 events'))?.text ?? '';
  const plain = (line: string) => line.replace(/^\[.*?\) \S+ /, '').replace(/vpid = \d+, vtid = \d+/, '');
  const shownEvents = shown.split('\n').filter((line) => line.startsWith('['));
  expect(shownEvents).toHaveLength(3);
  expect(viewed.stdout.trimEnd().split('\n').map(plain)).toEqual(shownEvents.map(plain));

  // The next section is a folder of its own, with the same first command.
  const tour = codeBlocksOf('README.md', 'Which request in twenty is slow');
  writeFilesOf(tour, directory);
  const [installAgain, recordTour, stats, ...rest] = commandsOf(tour);
  expect([installAgain, rest]).toEqual([install, []]);
  expect((await succeed(recordTour as string, INSTRUMENTED)).stderr).toMatch(/^ringtail: 40 events in /);
  const summary = await succeed(stats as string);
  expect(summary.stderr).toBe('');
  const figures = tour.at(-1)?.text ?? '';
  const isShown = (text: RegExp) => [text.test(figures), text.test(summary.stdout)];
  expect(isShown(/^web:request_start → web:request_end, related by id: 20 pairs$/m)).toEqual([true, true]);
  expect(isShown(/^ {2}slowest\n.* id = 13, url = "\/orders\/13", status = 200$/m)).toEqual([true, true]);
  // Every line of the figures but the rows of the histogram and the times is in the output.
  expect(isShown(/^ {2}minimum .*, median .*, p99 .*, maximum .*$/m)).toEqual([true, true]);
});
