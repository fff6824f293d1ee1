import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Traces of other tracers, beside the project on the developers' machines. They are not part of the project. */
const CORPUS = `${process.env.RINGTAIL_CORPUS ?? fileURLToPath(new URL('../../shared/corpus', import.meta.url))}/`;

/**
 * Path of a file or directory of the corpus. For `describe.skipIf(path === undefined)`.
 *
 * @param judged the untested subject without it, for the message
 */
export function corpusPath(relative: string, judged: string): string | undefined {
  const path = CORPUS + relative;
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: no corpus of traces beside the project: not tested: ${judged}\n`);
  return undefined;
}

/** As `corpusPath`, for inputs that once failed, each with a note about the right result. */
export function casePath(relative: string, judged: string): string | undefined {
  const cases = process.env.RINGTAIL_CASES ?? fileURLToPath(new URL('../../shared/cases', import.meta.url));
  const path = `${cases}/${relative}`;
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: no inputs that once failed beside the project: not tested: ${judged}\n`);
  return undefined;
}

export interface CorpusCase {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The text of babeltrace2 for it. */
  expected(): string;
}

/**
 * The valid traces of a version of CTF, except yactfr's, which have their own file format.
 *
 * @param judged the untested subject without them, for the message
 */
export function corpusCases(version: '1.8' | '2', judged: string): CorpusCase[] {
  const index = corpusPath('index.tsv', judged);
  if (index === undefined) return [];
  return readFileSync(index, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t') as [string, string, string, string?])
    .filter(([name, verdict, ctf]) => verdict === 'valid' && ctf === version && !name.startsWith('yactfr/'))
    .map(([name, , , expected = '']) => ({
      name,
      path: CORPUS + name,
      expected: () => readExpected(expected),
    }));
}

/** A recorded text, unpacked. */
export function readExpected(relative: string): string {
  return gunzipSync(readFileSync(CORPUS + relative)).toString();
}
