import { JsonText } from '../../clients/json-text.ts';
import { DaemonError } from '../../model/daemon-error.ts';
import { MAP_ROWS_BYTES_MAX } from '../../shares/limits.ts';
import type { CounterMap } from './counter-map.ts';

/**
 * Rows of maps, as the JSON of an answer. Rows are encoded map by map, until they exceed the limit. So the answer is
 * never in memory twice, nor more of it than the limit.
 *
 * @throws {DaemonError} `ANSWER_TOO_LONG`
 */
export function jsonOfRows(maps: Iterable<Pick<CounterMap, 'rows'>>, bytesMax = MAP_ROWS_BYTES_MAX): JsonText {
  const pieces: string[] = [];
  let bytes = 0;
  for (const map of maps) {
    const texts: string[] = [];
    for (const row of map.rows()) {
      const text = JSON.stringify(row);
      bytes += Buffer.byteLength(text) + 1;
      if (bytes > bytesMax) {
        const limit = `${bytesMax / 2 ** 20} MiB`;
        throw new DaemonError(
          'ANSWER_TOO_LONG',
          `the counters of these maps take more than ${limit}: name one map (ringtail show-maps -c MAP)`,
        );
      }
      texts.push(text);
    }
    if (texts.length > 0) pieces.push(texts.join(','));
  }
  return new JsonText(['[', ...pieces.flatMap((piece, idx) => (idx === 0 ? [piece] : [',', piece])), ']']);
}
