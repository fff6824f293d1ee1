import { RingtailError, UUID_BYTES } from '@ringtail/base';
import { lowerTrace, printCtf2, printTsdl, type TraceClass, uuidText, withTsdlNames } from '@ringtail/ctf';
import type { OpenedTrace } from '../trace/opened-trace.ts';

/** A trace as it is written: its classes in the version of the output, and their metadata. */
export interface TargetTrace {
  readonly class: TraceClass;
  readonly metadata: string;
  /** Whether packets can be copied as they are. */
  readonly keepsPackets: boolean;
}

/** @throws {MetadataPrintError} for what CTF 1.8 cannot express */
export function targetTrace(opened: OpenedTrace, version: 1 | 2): TargetTrace {
  const traceClass = opened.class;
  if (version === 2) {
    const uuid = packetUuid(opened) ?? traceClass.uuid;
    const metadata = printCtf2({ ...traceClass, ...(uuid !== undefined && { uuid }) });
    return { class: traceClass, metadata, keepsPackets: true };
  }
  const { trace, keepsLayout } = lowerTrace(traceClass);
  return { class: trace, metadata: printTsdl(withTsdlNames(trace)), keepsPackets: keepsLayout };
}

/**
 * UUID in the packets: some tracers of CTF 1.8 give packets another UUID than metadata. In CTF 2 both are the same.
 */
function packetUuid({ class: { version, uuid }, streams }: OpenedTrace): string | undefined {
  const first = streams[0];
  if (version.major !== 1 || uuid === undefined || first?.class === undefined) return undefined;
  const reader = first.reader();
  try {
    for (;;) {
      const next = reader.nextWithBoundaries();
      if (next.kind !== 'item') return undefined;
      if (next.item.kind !== 'packet-begin') continue;
      const bytes = next.item.packet.header?.uuid;
      return Array.isArray(bytes) && bytes.length === UUID_BYTES ? uuidText(Uint8Array.from(bytes)) : undefined;
    }
  } catch (error) {
    // Damage is reported when the packets are written.
    if (error instanceof RingtailError) return undefined;
    throw error;
  }
}
