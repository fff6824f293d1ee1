import type { OtlpSignal } from './encode-otlp.ts';

/** Receives encoded spans and logs, one request of OTLP after the other. */
export interface OtlpOutput {
  /** @returns the number of spans or logs that it has refused */
  send(signal: OtlpSignal, request: Uint8Array): Promise<number>;
  close(): void;
}
