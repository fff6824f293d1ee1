import { describeWrongValue, type FieldSpec, fieldTypeName, type WrongValues } from '@ringtail/ctf';

/** A field of an event with a value that does not fit. */
export interface WrongField {
  readonly event: string;
  readonly field: string;
  readonly fieldType: string;
  /** Description of the first such value. */
  readonly first: string;
}

/** Counts wrong values of one field in one channel. */
export interface WrongFieldCount {
  add(): void;
}

/** Gives the counts of a channel, the same one each time for a field. */
export type WrongFieldCounts = (field: WrongField) => WrongFieldCount;

/** A place in the event, as encoders name it. */
interface Place {
  readonly path: string;
  readonly spec: FieldSpec;
  /** Whether a target records it. */
  readonly isIn: (target: number) => boolean;
  /** By target; made at the first wrong value. */
  readonly counts: WrongFieldCount[];
  /** Whether the current event has a wrong value here. */
  isWrong: boolean;
  first: unknown;
}

/**
 * The wrong values of the event that a recorder records. Encoders add them, and targets count them once the event is
 * committed or has failed: one for each place and event, however many elements of a list are wrong.
 */
export class WrongValueLog {
  /** Whether the current event has none. */
  isEmpty = true;
  readonly #event: string;
  readonly #targets: readonly WrongFieldCounts[];
  readonly #places: Place[] = [];

  /** @param targets counts of each target of the recorder */
  constructor(event: string, targets: readonly WrongFieldCounts[]) {
    this.#event = event;
    this.#targets = targets;
  }

  /** Checks the arguments of the event. */
  readonly arguments: WrongValues = (path, spec) => this.#receiver(path, spec, () => true);

  /** Checks the application contexts of a list. @param isIn whether a target records the list */
  contexts(isIn: (target: number) => boolean): WrongValues {
    return (path, spec) => (spec.kind === 'dynamic' ? this.#receiver(path, spec, isIn) : undefined);
  }

  /** The event is recorded in a target, or has failed there. */
  count(target: number): void {
    // By index here and below: programs may replace how arrays are iterated.
    for (let i = 0; i < this.#places.length; i++) {
      const place = this.#places[i] as Place;
      if (!place.isWrong || !place.isIn(target)) continue;
      let count = place.counts[target];
      if (count === undefined) {
        const { path, spec, first } = place;
        const description = describeWrongValue(first, spec);
        count = (this.#targets[target] as WrongFieldCounts)({
          event: this.#event,
          field: path,
          fieldType: fieldTypeName(spec),
          first: description,
        });
        place.counts[target] = count;
      }
      count.add();
    }
  }

  /** The event ends. */
  clear(): void {
    for (let i = 0; i < this.#places.length; i++) {
      const place = this.#places[i] as Place;
      place.isWrong = false;
      place.first = undefined;
    }
    this.isEmpty = true;
  }

  #receiver(path: string, spec: FieldSpec, isIn: Place['isIn']): (value: unknown) => void {
    const place: Place = { path, spec, isIn, counts: [], isWrong: false, first: undefined };
    this.#places.push(place);
    return (value) => {
      if (!place.isWrong) place.first = value;
      place.isWrong = true;
      this.isEmpty = false;
    };
  }
}
