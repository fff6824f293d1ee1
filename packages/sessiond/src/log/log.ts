import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { visibleLine } from '@ringtail/base/text';
import { DaemonError } from '../model/daemon-error.ts';
import { LOG_FILE_BYTES_MAX } from '../shares/limits.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Log = { readonly [Level in LogLevel]: (message: string) => void };

export interface FileLogOptions {
  readonly path: string;
  readonly level: LogLevel;
  readonly toStderr: boolean;
  readonly now: () => Date;
}

const LINE_LENGTH_MAX = 4096;

/**
 * The daemon's log: one line per message. Unsafe characters are escaped, since peers cause much of the text.
 *
 * The file is private and bounded: a full one becomes `PATH.1` and replaces the previous one. A full disk costs lines,
 * never the daemon.
 */
export class FileLog implements Log {
  readonly #options: FileLogOptions;
  readonly #rank: number;
  #descriptor: number;
  #bytes: number;

  constructor(options: FileLogOptions) {
    this.#options = options;
    this.#rank = LOG_LEVELS.indexOf(options.level);
    this.#descriptor = openLog(options.path);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  error = (message: string): void => this.#write('error', message);
  warn = (message: string): void => this.#write('warn', message);
  info = (message: string): void => this.#write('info', message);
  debug = (message: string): void => this.#write('debug', message);

  /** Goes on in a new file after the old one was removed. */
  reopen(): void {
    const fresh = openLog(this.#options.path);
    closeSync(this.#descriptor);
    this.#descriptor = fresh;
    this.#bytes = fstatSync(fresh).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) > this.#rank) return;
    const line = `${this.#options.now().toISOString()} ${level} ${visibleLine(message.slice(0, LINE_LENGTH_MAX))}\n`;
    try {
      if (this.#bytes + line.length > LOG_FILE_BYTES_MAX) this.#turnOver();
      this.#bytes += writeSync(this.#descriptor, line);
      if (this.#options.toStderr) writeSync(process.stderr.fd, line);
    } catch {
      // There is no other place to report to.
    }
  }

  #turnOver(): void {
    renameSync(this.#options.path, `${this.#options.path}.1`);
    this.reopen();
  }
}

function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const stats = fstatSync(descriptor);
  if (stats.isFile() && stats.uid === process.geteuid?.()) return descriptor;
  closeSync(descriptor);
  throw new DaemonError('BAD_ARGUMENT', `${path} is not a file of this user, as the log has to be: remove it`);
}
