import fs from 'node:fs';
import { describeError } from '@ringtail/base';
import { FdSink, type TextSink } from '@ringtail/reader';
import { absolutePath, type Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { openOutputFile } from './open-output-file.ts';
import { ProgressBar } from './progress-bar.ts';

const STDOUT_FD = 1;

/** Output of text: standard output, or a file, which is private if it is new. Has to be closed. */
export class Output implements TextSink {
  readonly #sink: FdSink;
  readonly #fd: number | undefined;
  readonly #progress: ProgressBar | undefined;
  #bytes = 0;

  /**
   * @param path undefined for standard output
   * @throws {CliError} `OUTPUT_NOT_WRITABLE`
   */
  constructor(context: Context, path: string | undefined) {
    if (path === undefined) {
      this.#sink = new FdSink(STDOUT_FD);
      // On a terminal, the text itself shows the progress.
      if (context.stdout.isTTY !== true) this.#progress = new ProgressBar(context, undefined);
      return;
    }
    try {
      this.#fd = openOutputFile(absolutePath(context, path));
    } catch (error) {
      throw new CliError('OUTPUT_NOT_WRITABLE', `cannot write ${path}: ${describeError(error)}`);
    }
    this.#sink = new FdSink(this.#fd);
    this.#progress = new ProgressBar(context, undefined);
  }

  write(text: string): boolean {
    this.wrote(text.length);
    return this.#sink.write(text);
  }

  writeBytes(bytes: Uint8Array): boolean {
    this.wrote(bytes.length);
    return this.#sink.writeBytes(bytes);
  }

  get fd(): number {
    return this.#sink.fd;
  }

  wrote(byteCount: number): void {
    this.#bytes += byteCount;
    this.#progress?.update(this.#bytes);
  }

  close(): void {
    this.#progress?.clear();
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
  }
}
