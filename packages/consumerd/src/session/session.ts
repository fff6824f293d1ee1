import { addStatistics, NO_STATISTICS, type SessionStatistics } from '@ringtail/protocol';
import type { PacketOutput, StreamOutput, TraceOutput } from '../output/packet-output.ts';
import { type StreamStatistics, sumStatistics } from '../output/stream-statistics.ts';
import { Problems } from './problems.ts';

interface CountedStream {
  readonly statistics: StreamStatistics;
  /** Undefined of a flight recorder, and of a data stream that only a former consumer wrote. */
  readonly output: StreamOutput | undefined;
}

/** Statistics of a session, including closed rings and traces. */
export class Session {
  readonly name: string;
  readonly problems: Problems;
  /** Undefined of a flight recorder, and before the first trace. */
  output: PacketOutput | undefined;
  /** By trace, then by name of the data stream for people. */
  readonly #streams = new Map<number, Map<string, CountedStream>>();
  readonly #traces = new Map<number, TraceOutput>();
  #closedTraces = NO_STATISTICS;

  constructor(name: string, onProblem: (sentence: string) => void) {
    this.name = name;
    this.problems = new Problems(onProblem);
  }

  /** Counts a trace, and its data streams that a former consumer wrote. */
  addTrace(trace: number, output: TraceOutput, former: ReadonlyMap<string, StreamStatistics>): void {
    this.#traces.set(trace, output);
    const streams = this.#streamsOf(trace);
    for (const [path, statistics] of former) {
      if (!streams.has(path)) streams.set(path, { statistics, output: undefined });
    }
  }

  /** Counts a data stream, in place of the statistics that a former consumer left of it. */
  addStream(trace: number, path: string, statistics: StreamStatistics, output?: StreamOutput): void {
    this.#streamsOf(trace).set(path, { statistics, output });
  }

  /** Counts the traces that a former consumer closed. */
  countClosedTraces(statistics: SessionStatistics): void {
    this.#closedTraces = statistics;
  }

  /** Keeps the statistics of a trace, which are final. Returns them. */
  closeTrace(trace: number): SessionStatistics {
    this.checkWritten();
    const statistics = sumStatistics(statisticsOf(this.#streamsOf(trace)), []);
    this.#streams.delete(trace);
    this.#traces.delete(trace);
    this.#closedTraces = addStatistics(this.#closedTraces, statistics);
    return statistics;
  }

  /** Forgets all data streams except the open ones. */
  forgetClosed(open: ReadonlySet<StreamStatistics>): void {
    this.#closedTraces = NO_STATISTICS;
    for (const streams of this.#streams.values()) {
      for (const [path, { statistics }] of streams) if (!open.has(statistics)) streams.delete(path);
    }
  }

  /** Counts packets that were removed as lost, and repairs metadata if it alone is damaged. */
  checkWritten(): void {
    for (const streams of this.#streams.values()) {
      for (const { statistics, output } of streams.values()) output?.checkWritten(statistics);
    }
    for (const trace of this.#traces.values()) trace.checkWritten();
  }

  statistics(): SessionStatistics {
    this.checkWritten();
    const streams = [...this.#streams.values()].flatMap((ofTrace) => statisticsOf(ofTrace));
    return addStatistics(sumStatistics(streams, this.problems.list()), this.#closedTraces);
  }

  #streamsOf(trace: number): Map<string, CountedStream> {
    const known = this.#streams.get(trace);
    if (known !== undefined) return known;
    const streams = new Map<string, CountedStream>();
    this.#streams.set(trace, streams);
    return streams;
  }
}

function statisticsOf(streams: ReadonlyMap<string, CountedStream>): StreamStatistics[] {
  return [...streams.values()].map(({ statistics }) => statistics);
}
