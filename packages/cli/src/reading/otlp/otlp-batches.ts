import type { TelemetryLog, TelemetrySpan } from '@ringtail/analyses';
import { encodeLogs, encodeSpans, type OtlpEncoding, type OtlpSignal } from './encode-otlp.ts';
import type { OtlpOutput } from './otlp-output.ts';

/** Spans or logs in a request, as many as the SDKs of OpenTelemetry send. */
const RECORDS_MAX = 512;

/** What was sent. */
export interface OtlpCounts {
  readonly spans: number;
  readonly logs: number;
  /** Spans and logs that the receiver has refused. They count above as well. */
  readonly rejected: number;
}

/** Collects spans and logs, and sends them in requests of limited size. */
export class OtlpBatches {
  readonly #output: OtlpOutput;
  readonly #encoding: OtlpEncoding;
  #spans: TelemetrySpan[] = [];
  #logs: TelemetryLog[] = [];
  readonly #counts = { spans: 0, logs: 0, rejected: 0 };

  constructor(output: OtlpOutput, encoding: OtlpEncoding) {
    this.#output = output;
    this.#encoding = encoding;
  }

  get counts(): OtlpCounts {
    return this.#counts;
  }

  addSpan(span: TelemetrySpan): void {
    this.#spans.push(span);
  }

  addLog(log: TelemetryLog): void {
    this.#logs.push(log);
  }

  /** Whether there is enough for a request. */
  get isFull(): boolean {
    return this.#spans.length >= RECORDS_MAX || this.#logs.length >= RECORDS_MAX;
  }

  /** Sends what was collected. */
  async flush(): Promise<void> {
    while (this.#spans.length > 0) {
      const spans = this.#spans.splice(0, RECORDS_MAX);
      await this.#send('traces', encodeSpans(spans, this.#encoding));
      this.#counts.spans += spans.length;
    }
    while (this.#logs.length > 0) {
      const logs = this.#logs.splice(0, RECORDS_MAX);
      await this.#send('logs', encodeLogs(logs, this.#encoding));
      this.#counts.logs += logs.length;
    }
  }

  async #send(signal: OtlpSignal, request: Uint8Array): Promise<void> {
    this.#counts.rejected += await this.#output.send(signal, request);
  }
}
