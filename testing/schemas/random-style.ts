import { type PrettyOptions, parseFields, parseNames } from '@ringtail/reader';
import type { SeededRandom } from './seeded-random.ts';

/** Style of text: the reader's options, and the equal arguments of `babeltrace2`. */
export interface TextStyle {
  readonly options: PrettyOptions;
  readonly args: readonly string[];
}

export const DEFAULT_STYLE: TextStyle = { options: { utc: true }, args: ['--clock-gmt'] };

export function randomStyle(random: SeededRandom): TextStyle {
  const names = random.pick(['all', 'none', 'payload', 'context', 'header', 'scope', 'payload,context']);
  const fields = random.pick(['all', 'trace', 'loglevel', 'trace:hostname']);
  const [clockDate, clockSeconds, clockCycles] = [random.oneIn(3), random.oneIn(4), random.oneIn(6)];
  const delta = !random.oneIn(4);
  return {
    options: {
      utc: true,
      clockDate,
      clockSeconds,
      clockCycles,
      delta,
      names: parseNames(names),
      fields: parseFields(fields),
    },
    args: [
      '--clock-gmt',
      ...(clockDate ? ['--clock-date'] : []),
      ...(clockSeconds ? ['--clock-seconds'] : []),
      ...(clockCycles ? ['--clock-cycles'] : []),
      ...(delta ? [] : ['--no-delta']),
      `--names=${names}`,
      `--fields=${fields}`,
    ],
  };
}
