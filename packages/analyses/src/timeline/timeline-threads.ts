import type { DataStream } from '@ringtail/ctf';
import { type PlainValue, plainValue } from '../fields/field-place.ts';
import type { EventFields } from '../findings/event-fields.ts';
import type { Thread } from '../threads/threads.ts';
import { Nesting } from './nesting.ts';
import type { TimelineProcess, TimelineThread } from './timeline-records.ts';

/** Viewers hold numbers of processes and threads in 32 bits. */
const NUMBER_MAX = 2 ** 31 - 1;
/** Numbers that are made start here, above those of Linux. */
const MADE_NUMBERS = 2 ** 30;

/** A thread, with what its next slices need to know of the ones before. */
export interface ThreadState {
  readonly thread: TimelineThread;
  readonly nesting: Nesting;
  /** The last call that an event has reported: slow operations are reported twice. */
  lastCall: string;
  /** The last events that have reported quantities, by their name. */
  readonly lastGauges: Map<string, { readonly fields: EventFields; readonly at: number }>;
}

interface ProcessState {
  readonly process: TimelineProcess;
  readonly tids: UniqueNumbers;
}

/** Processes and threads, with the numbers that viewers need. */
export class TimelineThreads {
  readonly #threads = new Map<Thread, ThreadState>();
  readonly #processes = new Map<string, ProcessState>();
  readonly #pids = new UniqueNumbers();

  /** @param procname the context of this name, if the event has it */
  of(thread: Thread, stream: DataStream, procname: PlainValue | undefined): ThreadState {
    let state = this.#threads.get(thread);
    if (state === undefined) {
      const environment = stream.trace.class.environment;
      const title = String(procname ?? plainValue(environment.get('procname')) ?? '');
      const { process, tids } = this.#processOf(thread, stream, title);
      const name = thread.tid === undefined ? streamName(stream) : title || `thread ${thread.tid}`;
      const tid = tids.of(thread.tid ?? (title === '' ? undefined : thread.process.pid));
      state = { thread: { process, tid, name }, nesting: new Nesting(), lastCall: '', lastGauges: new Map() };
      this.#threads.set(thread, state);
    }
    return state;
  }

  #processOf({ process: { key, pid } }: Thread, stream: DataStream, title: string): ProcessState {
    let state = this.#processes.get(key);
    if (state === undefined) {
      const { environment } = stream.trace.class;
      const recorded = pid ?? plainValue(environment.get('vpid'));
      const host = environment.get('hostname');
      const process = {
        pid: this.#pids.of(recorded),
        name: title || (recorded === undefined ? stream.trace.name || 'trace' : `process ${recorded}`),
        host: typeof host === 'string' ? host : undefined,
      };
      state = { process, tids: new UniqueNumbers() };
      this.#processes.set(key, state);
    }
    return state;
  }
}

/** Gives each process its recorded number, and another where it is taken or no number. */
class UniqueNumbers {
  readonly #used = new Set<number>();
  #next = MADE_NUMBERS;

  of(recorded: PlainValue | undefined): number {
    const isNumber = typeof recorded === 'number' && Number.isInteger(recorded);
    const isFree = isNumber && recorded > 0 && recorded <= NUMBER_MAX && !this.#used.has(recorded);
    let number = isFree ? recorded : this.#next;
    while (this.#used.has(number)) number = this.#next++;
    this.#used.add(number);
    return number;
  }
}

/** Tracers of kernels have a data stream for each processor. */
function streamName({ id, name }: DataStream): string {
  return name === '' ? `stream ${id}` : name;
}
