import { RingtailError } from '@ringtail/base';
import {
  type FirstPacket,
  type NamedMedium,
  readFirstPacket,
  type TraceDecoder,
  type TraceIdentity,
} from '@ringtail/ctf';
import type { IndexBudget } from './packet-index.ts';
import { TraceStream } from './trace-stream.ts';

/**
 * The data streams of a trace, sorted by class and identifier. Reads the header and the context of each source's first
 * packet.
 *
 * @param sources each with packets of one data stream; a data stream may have several
 */
export function traceStreams(
  decoder: TraceDecoder,
  identity: TraceIdentity,
  sources: readonly NamedMedium[],
  indexBudget: IndexBudget,
): TraceStream[] {
  const groups = groupSources(sources.map((source) => ({ source, first: firstPacketOf(decoder, source) })));
  return groups.sort(compareGroups).map(({ id, members }) => {
    const { first } = members[0]!;
    const parts = { decoder, identity, sources: members.map(({ source }) => source), id };
    return new TraceStream({ ...parts, class: first?.class, firstBeginNs: first?.beginNs }, indexBudget);
  });
}

interface OpenedSource {
  readonly source: NamedMedium;
  /** Undefined where not even the first packet can be read: reading the data stream reports why. */
  readonly first: FirstPacket | undefined;
}

function firstPacketOf(decoder: TraceDecoder, source: NamedMedium): FirstPacket | undefined {
  try {
    const first = readFirstPacket(decoder, source);
    return first.kind === 'item' ? first.item : undefined;
  } catch (error) {
    if (!(error instanceof RingtailError)) throw error;
    return undefined;
  }
}

interface SourceGroup {
  readonly classId: bigint;
  readonly id: bigint;
  readonly members: OpenedSource[];
}

/**
 * Groups the sources of one data stream, in the order of time.
 *
 * A source without an identifier or without a time is a data stream of its own. Such data streams are numbered.
 */
function groupSources(sources: readonly OpenedSource[]): SourceGroup[] {
  const groups = new Map<string, SourceGroup>();
  const numbers = new Map<bigint, bigint>();
  for (const opened of sources) {
    const { first, source } = opened;
    const classId = first?.class.id ?? -1n;
    const isKnown = first?.id !== undefined && first.beginNs !== undefined;
    const key = isKnown ? `${classId}/${first.id}` : source.name;
    const group = groups.get(key);
    if (group !== undefined) {
      group.members.push(opened);
      continue;
    }
    const number = numbers.get(classId) ?? 0n;
    if (!isKnown) numbers.set(classId, number + 1n);
    groups.set(key, { classId, id: isKnown ? first.id! : number, members: [opened] });
  }
  for (const { members } of groups.values()) {
    members.sort((a, b) => compare(a.first?.beginNs ?? 0n, b.first?.beginNs ?? 0n));
  }
  return [...groups.values()];
}

function compareGroups(a: SourceGroup, b: SourceGroup): number {
  return compare(a.classId, b.classId) || compare(a.id, b.id);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
