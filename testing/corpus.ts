import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Traces that others made, beside the project on the developers' machines; nothing of them is part of the project. */
const CORPUS = fileURLToPath(new URL('../../shared/corpus/', import.meta.url));

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
