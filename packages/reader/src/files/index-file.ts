import fs from 'node:fs';
import path from 'node:path';
import type { ClockCycles } from '@ringtail/base';
import { DataStreamReader, encodeIndexEntry, encodeIndexHeader, type TraceClass, TraceDecoder } from '@ringtail/ctf';
import { ensureDirectory } from '@ringtail/posix';
import { INDEX_PACKETS_MAX } from '../trace/packet-index.ts';
import type { TraceStream } from '../trace/trace-stream.ts';
import { FileMedium } from './file-medium.ts';
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from './private-modes.ts';
import { readWholeFile } from './regular-file.ts';

/** A longer index file lists more packets. */
const INDEX_BYTES_MAX = 128 * INDEX_PACKETS_MAX;

/** Where the index of a data stream file lies. */
export function indexPath(file: string): string {
  return path.join(path.dirname(file), 'index', `${path.basename(file)}.idx`);
}

/** The content of the index of a data stream file; undefined where there is none, or it cannot be read. */
export function readIndexFile(file: string): Uint8Array | undefined {
  try {
    return readWholeFile(indexPath(file), INDEX_BYTES_MAX);
  } catch {
    return undefined;
  }
}

/**
 * Writes LTTng's index of a data stream file beside it, from the headers of its packets.
 *
 * Writes nothing where packets do not contain their sizes and times.
 *
 * @param traceClass from the metadata of the file
 * @param stream the data stream to which the file belongs
 */
export function writeIndexFile(traceClass: TraceClass, stream: TraceStream, file: string): void {
  const entries = [encodeIndexHeader()];
  const medium = new FileMedium(file);
  try {
    const decoder = new TraceDecoder(traceClass, { metadataUuids: [] });
    const identity = { ...stream.identity, class: traceClass };
    const reader = new DataStreamReader(decoder, identity, [{ name: file, medium }], stream.id);
    for (let next = reader.nextPacket(); next.kind === 'item'; next = reader.nextPacket()) {
      const { offsetBytes, totalBytes, contentBits, beginCycles, endCycles, ...counters } = next.item;
      if (totalBytes === undefined || beginCycles === undefined || endCycles === undefined) return;
      const entry = encodeIndexEntry({
        offsetBytes: BigInt(offsetBytes),
        packetBits: BigInt(totalBytes) * 8n,
        contentBits: BigInt(contentBits),
        timestampBegin: beginCycles as ClockCycles,
        timestampEnd: endCycles as ClockCycles,
        eventsDiscarded: counters.discardedEvents ?? 0n,
        streamClassId: stream.class!.id,
        streamInstanceId: stream.id,
        packetSequenceNumber: counters.sequenceNumber ?? 0n,
      });
      entries.push(entry);
    }
  } finally {
    medium.close();
  }
  ensureDirectory(path.dirname(indexPath(file)), { mode: PRIVATE_DIRECTORY, ownBelow: path.dirname(file) });
  fs.writeFileSync(indexPath(file), Buffer.concat(entries), { flag: 'wx', mode: PRIVATE_FILE });
}
