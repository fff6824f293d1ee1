import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Instant } from '@ringtail/base';
import { ReaderError } from '../../reader-error.ts';
import type { JobAnswer, JobOrder, JobSetup, WrittenSlice } from './job-messages.ts';
import type { Slice } from './slices.ts';

/** Result of a slice whose turn has come. */
export type SliceResult = WrittenSlice | 'damaged';

export interface JobEvents {
  /** The job is ready, has printed a slice, or has ended. */
  readonly onChange: () => void;
  readonly onResult: (result: SliceResult) => void;
  /** Text is lost, or an unknown part of it was written. */
  readonly onFailure: (error: Error) => void;
}

/**
 * A process that prints slices and writes them to a file descriptor of this one.
 *
 * It ends when its channel to this process does, thus not after this process.
 */
export class Job {
  /** Whether it can begin to print a slice. */
  canPrint = false;
  /** How many slices it has printed and not written. */
  printedCount = 0;
  readonly #process: ChildProcess;
  readonly #events: JobEvents;
  readonly #ended: Promise<void>;
  #isAlive = true;
  #isPrinting = false;
  #isWriting = false;

  /** @throws if no process can be started */
  constructor(setup: JobSetup, fd: number, events: JobEvents) {
    this.#events = events;
    const script = createRequire(import.meta.url).resolve('#job-process');
    this.#process = fork(script, { stdio: ['ignore', fd, 'ignore', 'ipc'], serialization: 'advanced', execArgv: [] });
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(this.#end(error.message)));
      this.#process.once('exit', (code, signal) => resolve(this.#end(signal ?? `exit code ${code}`)));
    });
    this.#process.on('message', (answer: JobAnswer) => this.#take(answer));
    this.#send({ kind: 'setup', setup });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  print(slice: Slice): void {
    this.canPrint = false;
    this.#isPrinting = true;
    this.#send({ kind: 'print', slice });
  }

  /** Lets it write the slice that waits for the longest time. @param previous time of the event before */
  write(previous: Instant | undefined): void {
    this.#isWriting = true;
    this.#send({ kind: 'write', previous });
  }

  /** Ends it. Nothing is lost by that unless it writes. */
  async end(): Promise<void> {
    this.#isWriting = false;
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #take(answer: JobAnswer): void {
    if (answer.kind === 'ready') {
      this.canPrint = true;
      this.#events.onChange();
    } else if (answer.kind === 'printed') {
      this.#isPrinting = false;
      this.printedCount++;
      this.canPrint = answer.hasRoom;
      this.#events.onChange();
    } else {
      this.#isWriting = false;
      this.printedCount--;
      if (answer.kind === 'failed') {
        this.#events.onFailure(Object.assign(new Error(answer.message), { code: answer.code }));
      } else if (answer.kind === 'damaged') {
        this.#events.onResult('damaged');
      } else {
        this.canPrint = answer.hasRoom && !this.#isPrinting;
        this.#events.onResult(answer.written);
      }
    }
  }

  #end(how: string): void {
    this.#isAlive = false;
    this.canPrint = false;
    if (!this.#isWriting) this.#events.onChange();
    else this.#events.onFailure(new ReaderError('JOB_ENDED', `a process that wrote text ended with ${how}`));
  }

  #send(order: JobOrder): void {
    // An error here means that the process has ended, which the `exit` event reports.
    this.#process.send(order, () => undefined);
  }
}
