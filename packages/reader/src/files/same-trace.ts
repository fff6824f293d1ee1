import { isDeepStrictEqual } from 'node:util';
import type { EventRecordClass, TraceClass } from '@ringtail/ctf';

/** A trace directory whose metadata was read. */
interface TracePart {
  readonly directory: { readonly path: string };
  readonly class: TraceClass;
}

/** Groups the trace chunks and the snapshots of one trace. They have one identity, and continue each other. */
export function groupByTrace<Part extends TracePart>(parts: readonly Part[]): Part[][] {
  const groups = new Map<string, Part[][]>();
  for (const part of parts) {
    const key = identityOf(part.class) ?? part.directory.path;
    const sameKey = groups.get(key) ?? [];
    groups.set(key, sameKey);
    const group = sameKey.find(([first]) => areCompatible(first!.class, part.class));
    if (group === undefined) sameKey.push([part]);
    else group.push(part);
  }
  return [...groups.values()].flat();
}

/**
 * The identity that all chunks of one trace have. In CTF 2 it consists of namespace, name and UID: the UUID belongs to
 * the metadata stream, and each snapshot may have another.
 *
 * @see CTF2-SPEC-2.0 §5.6 (trace class fragment)
 */
function identityOf({ uuid, identity }: TraceClass): string | undefined {
  const { namespace, name, uid } = identity ?? {};
  if (uid !== undefined) return JSON.stringify([namespace, name, uid]);
  return uuid === undefined ? undefined : JSON.stringify([namespace, name, uuid]);
}

/**
 * Whether two metadata streams describe the same classes alike, so that the richer one decodes the data of both. They
 * may differ although their identity is the same: a trace may have been converted.
 */
function areCompatible(a: TraceClass, b: TraceClass): boolean {
  if (a.uuid === b.uuid) return true;
  if (!isDeepStrictEqual(a.packetHeader, b.packetHeader)) return false;
  return a.dataStreamClasses.every(({ eventRecordClasses, ...stream }) => {
    const other = b.dataStreamClasses.find(({ id }) => id === stream.id);
    if (other === undefined) return true;
    const { eventRecordClasses: otherEvents, ...otherStream } = other;
    const byId = new Map(otherEvents.map((event) => [event.id, event]));
    const isSame = (event: EventRecordClass) => !byId.has(event.id) || isDeepStrictEqual(byId.get(event.id), event);
    return isDeepStrictEqual(stream, otherStream) && eventRecordClasses.every(isSame);
  });
}
