import { closeSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '@ringtail/base';
import { ensureDirectory } from '@ringtail/posix';
import { FdSink } from '@ringtail/reader';
import { CliError } from '../../errors/cli-error.ts';
import { openOutputFile } from '../open-output-file.ts';
import type { OtlpEncoding, OtlpSignal } from './encode-otlp.ts';
import type { OtlpOutput } from './otlp-output.ts';

const PRIVATE_DIRECTORY = 0o700;
const NEWLINE = Uint8Array.of(10);

/**
 * A directory with `traces.jsonl` and `logs.jsonl`, a request of OTLP/JSON a line, or with `traces.binpb` and
 * `logs.binpb`. Requests of protobuf behind each other are one message, with the spans or logs of all of them.
 *
 * @see OpenTelemetry Protocol File Exporter
 */
export class OtlpFiles implements OtlpOutput {
  readonly #directory: string;
  readonly #encoding: OtlpEncoding;
  readonly #files = new Map<OtlpSignal, { readonly fd: number; readonly sink: FdSink }>();

  /** @throws {CliError} `OUTPUT_NOT_EMPTY`, `OUTPUT_NOT_WRITABLE` */
  constructor(directory: string, encoding: OtlpEncoding) {
    this.#directory = directory;
    this.#encoding = encoding;
    if (existsSync(directory) && readdirSync(directory).length > 0) {
      throw new CliError('OUTPUT_NOT_EMPTY', `${directory} is not empty`, 'name a new directory, or remove it first');
    }
    try {
      ensureDirectory(directory, { mode: PRIVATE_DIRECTORY });
      for (const signal of ['traces', 'logs'] as const) {
        const fd = openOutputFile(join(directory, `${signal}.${encoding === 'json' ? 'jsonl' : 'binpb'}`));
        this.#files.set(signal, { fd, sink: new FdSink(fd) });
      }
    } catch (error) {
      this.close();
      throw new CliError('OUTPUT_NOT_WRITABLE', `cannot write ${directory}: ${describeError(error)}`);
    }
  }

  async send(signal: OtlpSignal, request: Uint8Array): Promise<number> {
    const { sink } = this.#files.get(signal)!;
    const isWritten = sink.writeBytes(request) && (this.#encoding === 'protobuf' || sink.writeBytes(NEWLINE));
    if (!isWritten) throw new CliError('OUTPUT_NOT_WRITABLE', `cannot write ${this.#directory}`);
    return 0;
  }

  close(): void {
    for (const { fd } of this.#files.values()) closeSync(fd);
    this.#files.clear();
  }
}
