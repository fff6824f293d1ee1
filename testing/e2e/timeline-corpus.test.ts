import { ChromeWriter, Timeline } from '@ringtail/analyses';
import { openTraces, visitEvents } from '@ringtail/reader';
import { describe, expect, it } from 'vitest';
import { corpusCases } from '../corpus.ts';

const JUDGED = 'timelines of the traces of other tracers';
const cases = [...corpusCases('1.8', JUDGED), ...corpusCases('2', JUDGED)];

/** An event of a Trace Event file. */
interface ChromeEvent {
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly args: { readonly unfinished?: boolean };
}

function chromeEvents(trace: string): ChromeEvent[] {
  const parts: string[] = [];
  const reader = openTraces([trace]);
  const timeline = new Timeline(new ChromeWriter((text) => parts.push(text) > 0, 'test'));
  visitEvents(reader, (of, stream) => timeline.see(of, stream), { onLoss: (loss) => timeline.seeLoss(loss) });
  timeline.finish();
  reader.close();
  return JSON.parse(parts.join('')).traceEvents;
}

/** Nanoseconds of a number of a file, as viewers calculate them. */
function nanoseconds(us: number): number {
  return Math.round(us * 1000);
}

/** Times of the events that slices and instants stand for, sorted. */
function timesIn(events: readonly ChromeEvent[]): number[] {
  const times: number[] = [];
  for (const [i, { ph, ts, dur = 0, args }] of events.entries()) {
    const isUnfinished = ph === 'e' ? events[i - 1]!.args.unfinished : args.unfinished;
    const at = nanoseconds(ts);
    if (ph === 'X' || ph === 'b' || ph === 'i') times.push(at);
    if (ph === 'X' && !isUnfinished) times.push(at + nanoseconds(dur));
    // The end of a slice beside the thread follows its begin.
    if (ph === 'e' && !isUnfinished) times.push(at);
  }
  return times.sort((a, b) => a - b);
}

function recordedTimes(trace: string): bigint[] {
  const times: bigint[] = [];
  const reader = openTraces([trace]);
  visitEvents(reader, { '*': { fields: [], handle: ({ at }) => times.push(at) } });
  reader.close();
  return times.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

describe.skipIf(cases.length === 0)('the timeline of a trace of another tracer', () => {
  it.each(cases)('has each event of $name once, at its nanosecond', ({ path }) => {
    const recorded = recordedTimes(path);
    const shown = timesIn(chromeEvents(path));
    const since = (first: bigint | undefined, at: bigint) => Number(at - (first ?? 0n));
    expect(shown.map((at) => at - shown[0]!)).toEqual(recorded.map((at) => since(recorded[0], at)));
  });
});
