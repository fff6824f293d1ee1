import { OTHER_FIELDS, type WrongValueCount, type WrongValueMessage } from '@ringtail/protocol';
import { WRONG_FIELDS_MAX, WRONG_FIELDS_PER_USER_MAX } from '../../../shares/limits.ts';

type WrongField = Pick<WrongValueMessage, 'event' | 'field' | 'fieldType' | 'first'>;

interface Row extends WrongField {
  /** Of counters that have ended. */
  ended: number;
  /** The count when the session was cleared. */
  cleared: number;
  /** Read the additions of counters that go on. */
  readonly open: Set<() => number>;
}

/** Fields of a session's events that were given values that do not fit, and in how many events. */
export class WrongValues {
  readonly #rows = new Map<string, Row>();
  readonly #rowsOfUsers = new Map<number, number>();
  /** The fields beyond the limits. */
  readonly #others: Row = newRow({ event: OTHER_FIELDS, field: OTHER_FIELDS, fieldType: '', first: '' });

  /**
   * Follows a thread's counter of a field. Beyond the limits of fields, their counts are added up.
   *
   * @param uid user of the thread
   * @param read additions to the counter so far
   * @returns to be called once, with the final number of additions
   */
  follow(uid: number, field: WrongField, read: () => number): (final: number) => void {
    const row = this.#rowFor(uid, field);
    row.open.add(read);
    return (final) => {
      if (row.open.delete(read)) row.ended = sum(row.ended, final);
    };
  }

  /** The fields with wrong values since the session was created or cleared. */
  list(): WrongValueCount[] {
    return this.#all()
      .map((row) => {
        const { event, field, fieldType, first, cleared } = row;
        return { event, field, fieldType, first, count: totalOf(row) - cleared };
      })
      .filter(({ count }) => count > 0);
  }

  clear(): void {
    for (const row of this.#all()) row.cleared = totalOf(row);
  }

  #rowFor(uid: number, { event, field, fieldType, first }: WrongField): Row {
    const key = `${event} ${field}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const ofUser = this.#rowsOfUsers.get(uid) ?? 0;
    if (this.#rows.size >= WRONG_FIELDS_MAX || ofUser >= WRONG_FIELDS_PER_USER_MAX) return this.#others;
    this.#rowsOfUsers.set(uid, ofUser + 1);
    const row = newRow({ event, field, fieldType, first });
    this.#rows.set(key, row);
    return row;
  }

  #all(): Row[] {
    return [...this.#rows.values(), this.#others];
  }
}

function newRow(field: WrongField): Row {
  return { ...field, ended: 0, cleared: 0, open: new Set() };
}

function totalOf({ ended, open }: Row): number {
  return [...open].reduce((total, read) => sum(total, read()), ended);
}

function sum(one: number, other: number): number {
  return Math.min(one + other, Number.MAX_SAFE_INTEGER);
}
