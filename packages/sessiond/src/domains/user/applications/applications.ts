import { JsonText } from '../../../clients/json-text.ts';
import type { RecordedThread } from '../../../model/application-process.ts';
import type { Owner } from '../../../model/owner.ts';
import type { PingedThread } from '../../../triggers/conditions/event-loop-stalled.ts';
import { jsonWithoutFields, type ListedThread, type TracepointList } from '../part/tracepoint-lists.ts';
import type { Application } from './application.ts';

/** The registered threads, and their list for clients. */
export class Applications {
  readonly #applications = new Set<Application>();

  add(application: Application): void {
    this.#applications.add(application);
  }

  remove(application: Application): void {
    this.#applications.delete(application);
  }

  /** Threads that answer whether they are in their event loops. */
  pingedThreads(): Iterable<PingedThread> {
    return this.#applications;
  }

  withTracepoints(): ListedThread[] {
    return [...this.#applications].map((application) => application.withTracepoints());
  }

  threads(): RecordedThread[] {
    return [...this.#applications].map(({ thread }) => thread);
  }

  /** Lists the threads that this user may see: an `Instrumentation`. */
  describe(user: Owner, fields: boolean): JsonText {
    const indices = new Map<TracepointList, number>();
    const applications = this.visibleTo(user).map((application) => {
      const index = indices.get(application.tracepointList) ?? indices.size;
      indices.set(application.tracepointList, index);
      return application.listed(index);
    });
    const lists = [...indices.keys()].flatMap((list, index) => {
      const json = fields ? list.json : jsonWithoutFields(list);
      return index === 0 ? [json] : [',', json];
    });
    return new JsonText([
      `{"applications":${JSON.stringify(applications)},"tracepointLists":[`,
      ...lists,
      '],"events":[]}',
    ]);
  }

  /** Number of threads that this user may see. */
  countFor(user: Owner): number {
    return this.visibleTo(user).length;
  }

  /** Root sees all applications, another user their own. */
  visibleTo({ uid }: Owner): Application[] {
    return [...this.#applications].filter(({ thread }) => uid === 0 || uid === thread.uid);
  }
}
