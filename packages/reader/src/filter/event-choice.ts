import { matchesStarPattern } from '@ringtail/base';
import { compileFilter, type EventMessage, parseFilter, parsePattern } from '@ringtail/ctf';

/** Conditions on events. All conditions that are present have to hold. */
export interface EventChoice {
  /** Names with `*` for any text, of which one has to match. */
  readonly names?: readonly string[] | undefined;
  /** The least severe log level that is wanted, 0 (emergency) to 14 (debug). Events without one are not. */
  readonly logLevel?: number | undefined;
  /** Names with `*` of data stream files or of data stream classes, of which one has to match. */
  readonly streams?: readonly string[] | undefined;
  /** Expressions in LTTng's filter language, see `parseFilter`. */
  readonly filters?: readonly string[] | undefined;
}

/**
 * Makes a predicate for `OpenOptions.keep`.
 *
 * @returns undefined where every event is wanted: choosing costs time
 * @throws {FilterError} with the column
 */
export function eventChoice(choice: EventChoice): ((event: EventMessage) => boolean) | undefined {
  const { names, logLevel: least, streams, filters = [] } = choice;
  const choices: ((event: EventMessage) => boolean)[] = [];
  if (names !== undefined) {
    const isWanted = nameChoice(names);
    choices.push((event) => isWanted(event.class.name));
  }
  if (least !== undefined) {
    choices.push(({ class: { logLevel } }) => logLevel !== undefined && logLevel <= least);
  }
  if (streams !== undefined) {
    const isWanted = nameChoice(streams);
    choices.push(
      ({ stream: { name, class: of } }) => isWanted(name.slice(name.lastIndexOf('/') + 1)) || isWanted(of.name ?? ''),
    );
  }
  for (const filter of filters) choices.push(compileFilter(parseFilter(filter)));
  if (choices.length < 2) return choices[0];
  return (event) => choices.every((isWanted) => isWanted(event));
}

/** Whether any of the patterns matches a name. Without patterns all names are wanted. */
export function nameChoice(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (patterns === undefined) return () => true;
  const parsed = patterns.map(parsePattern);
  const known = new Map<string, boolean>();
  return (name) => {
    let isWanted = known.get(name);
    if (isWanted === undefined) {
      isWanted = parsed.some((pattern) => matchesStarPattern(pattern, name));
      known.set(name, isWanted);
    }
    return isWanted;
  };
}
