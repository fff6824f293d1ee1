import { describe, expect, it } from 'vitest';
import { LossWarnings } from './loss-warnings.ts';

function written(writesAll: boolean, write: (warnings: LossWarnings) => void): string[] {
  const lines: string[] = [];
  const warnings = new LossWarnings({ write: (line) => lines.push(line) > 0 }, writesAll);
  write(warnings);
  warnings.finish();
  return lines;
}

const loss = (count: bigint | undefined, stream = 's') => ({ kind: 'discarded-events', count, stream }) as const;

describe('warnings about losses', () => {
  it('are the first one, and the sum if there are more', () => {
    const lines = written(false, (warnings) => {
      warnings.write('one\n', loss(3n));
      warnings.write('two\n', loss(1000n, 't'));
      warnings.write('other\n');
      warnings.write('three\n', { kind: 'discarded-packets', count: 2n, stream: 's' });
      warnings.write('four\n', loss(undefined));
    });
    expect(lines).toEqual([
      'one\n',
      'other\n',
      'WARNING: Tracer discarded 1,003 events, 2 packets, an unknown number in 1 place: ' +
        '4 losses of 2 data streams in all; --warnings=all shows each.\n',
    ]);
  });

  it('are a single one as it is', () => {
    expect(written(false, (warnings) => warnings.write('one\n', loss(3n)))).toEqual(['one\n']);
  });

  it('are all of them if asked for', () => {
    const lines = written(true, (warnings) => {
      warnings.write('one\n', loss(3n));
      warnings.write('two\n', loss(3n));
    });
    expect(lines).toEqual(['one\n', 'two\n']);
  });
});
