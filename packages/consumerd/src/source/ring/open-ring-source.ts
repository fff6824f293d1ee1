import { uuidBytes } from '@ringtail/ctf';
import type { OpenRingRequest } from '@ringtail/protocol';
import { openRingFile, RingConsumer } from '@ringtail/ringbuf';
import type { RingIdentity } from './ring-packet-header.ts';
import { RingSource } from './ring-source.ts';

/**
 * Opens a ring by its path.
 *
 * @throws {RingError} if the file is not the ring that was announced
 */
export function openRingSource({ path, bytes }: OpenRingRequest, identity: RingIdentity): RingSource {
  const file = openRingFile(path, bytes);
  try {
    const { streamClassId, traceUuid } = identity;
    return new RingSource(new RingConsumer(file, { streamClassId, uuid: uuidBytes(traceUuid) }), identity, file);
  } catch (error) {
    file.close();
    throw error;
  }
}
