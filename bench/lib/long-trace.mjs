// A long trace, recorded by Ringtail.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './process.mjs';
import { programPath } from './ringtail.mjs';

const CLI = fileURLToPath(new URL('../../packages/cli/bin/ringtail.mjs', import.meta.url));

/** Slow enough that nothing is discarded. */
const EVENTS_PER_SECOND = 2_000_000;

/**
 * Records at least `events` events with an int32 and a string of 16 characters: it emits a tenth more, in case some are
 * lost.
 *
 * @returns the directory of the trace
 */
export async function recordLongTrace(folder, events) {
  const output = join(folder, `long-trace-${events}`);
  if (existsSync(output)) return output;
  const milliseconds = Math.ceil((1100 * events) / EVENTS_PER_SECOND);
  const program = [process.execPath, programPath('tick.mjs'), 'paced', EVENTS_PER_SECOND, milliseconds];
  await run(process.execPath, [CLI, 'record', '-o', output, '--', ...program.map(String)]);
  return output;
}
