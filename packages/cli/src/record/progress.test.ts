import type { SessionStatistics } from '@ringtail/protocol';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../output/style.ts';
import { visibleStream } from '../output/visible-stream.ts';
import { ProgressLine } from './progress.ts';

const statistics = { eventsRecorded: 3000, eventsDiscarded: 2, bytes: 4096 } as SessionStatistics;

function linesOf(stream: { isTTY: boolean; columns?: number }): string[] {
  const written: string[] = [];
  const line = new ProgressLine(visibleStream({ ...stream, write: (text) => written.push(text) }), styleFor({}, {}));
  line.update(1, { ...statistics, eventsRecorded: 1000 });
  line.update(3, statistics);
  line.clear();
  return written;
}

describe('the progress line', () => {
  it('is rewritten in place on a terminal, with the rate since the last one, and taken away at the end', () => {
    expect(linesOf({ isTTY: true })).toEqual([
      '\u001b[G\u001b[2Krecording 1.00 s · 1,000 events · 1,000 events/s · 2 discarded · 4.0 KiB',
      '\u001b[G\u001b[2Krecording 3.00 s · 3,000 events · 1,000 events/s · 2 discarded · 4.0 KiB',
      '\u001b[G\u001b[2K',
    ]);
  });

  it('never wraps', () => {
    expect(linesOf({ isTTY: true, columns: 20 })[0]).toBe('\u001b[G\u001b[2Krecording 1.00 s · ');
  });

  it('takes a width of 0 for an unknown one', () => {
    expect(linesOf({ isTTY: true, columns: 0 })).toEqual(linesOf({ isTTY: true }));
  });

  it('is not written where no terminal is', () => {
    expect(linesOf({ isTTY: false })).toEqual([]);
  });
});
