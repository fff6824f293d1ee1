import type { DataStream, EventRecordClass, TraceClass } from '@ringtail/ctf';
import { isScalar } from '../fields/scalar-fields.ts';

/** Words of the names of events that begin something, with the words of the events that end it. */
const END_WORDS: Readonly<Record<string, readonly string[]>> = {
  begin: ['end'],
  start: ['end', 'stop'],
  entry: ['exit'],
  enter: ['exit', 'leave'],
};

/** Last words of the names of fields that tell apart what begins and ends side by side. */
const ID_WORDS = new Set(['id', 'uuid', 'ticket', 'token', 'cookie', 'handle', 'key', 'seq', 'tag']);

/** Two kinds of events: one begins something, and the other ends it. */
export interface EventPair {
  readonly begin: string;
  readonly end: string;
  /** Name of the field of both that has the same value in both; undefined if the thread relates them. */
  readonly field: string | undefined;
}

/** Finds the pairs of a trace by the names of its events. */
export class EventPairs {
  readonly #pairField: string | undefined;
  readonly #known = new WeakMap<TraceClass, ReadonlyMap<string, EventPair>>();

  /** @param pairField name of the field that relates begins and ends, in any process; undefined applies the rule */
  constructor(pairField: string | undefined) {
    this.#pairField = pairField;
  }

  /** The pair to which events of a class belong, as its begin or its end. */
  pairOf({ name }: EventRecordClass, { trace }: DataStream): EventPair | undefined {
    let pairs = this.#known.get(trace.class);
    if (pairs === undefined) {
      pairs = this.#pairsIn(trace.class);
      this.#known.set(trace.class, pairs);
    }
    return pairs.get(name);
  }

  #pairsIn({ dataStreamClasses }: TraceClass): ReadonlyMap<string, EventPair> {
    const classes = new Map<string, EventRecordClass>();
    for (const of of dataStreamClasses.flatMap((stream) => stream.eventRecordClasses)) {
      if (!classes.has(of.name)) classes.set(of.name, of);
    }
    const pairs = new Map<string, EventPair>();
    for (const begin of classes.values()) {
      const end = endNames(begin.name).find((name) => classes.has(name) && !pairs.has(name));
      if (end === undefined || pairs.has(begin.name)) continue;
      const field = this.#pairField ?? correlationField(begin, classes.get(end)!);
      const pair = { begin: begin.name, end, field };
      pairs.set(begin.name, pair);
      pairs.set(end, pair);
    }
    return pairs;
  }
}

/** Names of events that may end the thing that an event with this name begins. */
function endNames(name: string): string[] {
  const parts = name.split(/([_:.-])/);
  return parts.flatMap((word, i) =>
    (Object.hasOwn(END_WORDS, word) ? END_WORDS[word]! : []).map((end) => parts.with(i, end).join('')),
  );
}

/** The first field of the begin that identifies something and that the end has as well. */
function correlationField(begin: EventRecordClass, end: EventRecordClass): string | undefined {
  const members = (begin.payload?.members ?? []).filter(
    ({ name, fieldClass }) => isIdName(name) && isScalar(fieldClass),
  );
  return members.find(({ name }) => end.payload?.members.some((member) => member.name === name))?.name;
}

function isIdName(name: string): boolean {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_');
  return ID_WORDS.has(words.at(-1)!);
}
