import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Traces that others made, beside the project on the developers' machines; nothing of them is part of the project. */
const CORPUS = `${process.env.RINGTAIL_CORPUS ?? fileURLToPath(new URL('../../shared/corpus', import.meta.url))}/`;

/**
 * The path of something in the corpus. For use with `describe.skipIf(path === undefined)`.
 *
 * @param judged what goes untested without it, for the line that says so
 */
export function corpusPath(relative: string, judged: string): string | undefined {
  const path = CORPUS + relative;
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: no corpus of traces beside the project: not tested: ${judged}\n`);
  return undefined;
}

/** As `corpusPath`, of inputs that once failed, each with a note on what is right. */
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
  /** The text that babeltrace2 prints of it. */
  expected(): string;
}

/**
 * The valid traces of a version of CTF, those of yactfr aside, which are files of a kind of their own.
 *
 * @param judged what goes untested without them, for the line that says so
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
