import { join } from 'node:path';
import { encodeIndexHeader } from '@ringtail/ctf';
import type { StreamIdentity } from '../../source/source.ts';
import type { OutgoingPacket } from '../packet-output.ts';
import type { SnapshotStream } from '../snapshot-output.ts';
import { closeQuietly, type FileCalls, openTraceFile, writeWhole } from './file-calls.ts';
import { indexEntryOf } from './packet-walk.ts';

/** Data stream file of a snapshot with its index, written once from its beginning to its end. */
export class SnapshotStreamFile implements SnapshotStream {
  readonly #path: string;
  readonly #indexPath: string;
  readonly #identity: StreamIdentity;
  readonly #calls: FileCalls;
  readonly #index: Uint8Array[] = [encodeIndexHeader()];
  #bytes = 0;
  #descriptor: number | undefined;

  /** The file is made with the first packet, in a directory that exists and has a directory `index`. */
  constructor(directory: string, name: string, identity: StreamIdentity, calls: FileCalls) {
    this.#path = join(directory, name);
    this.#indexPath = join(directory, 'index', `${name}.idx`);
    this.#identity = identity;
    this.#calls = calls;
  }

  /** @throws the system's error */
  append(packet: OutgoingPacket): void {
    this.#descriptor ??= openTraceFile(this.#path);
    writeWhole(this.#calls, this.#descriptor, [packet.header, packet.records], this.#bytes);
    this.#index.push(indexEntryOf(this.#identity, packet, this.#bytes));
    this.#bytes += packet.packetBytes;
  }

  /** Writes the index. @throws the system's error */
  finish(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = openTraceFile(this.#indexPath);
    try {
      writeWhole(this.#calls, descriptor, [Buffer.concat(this.#index)], 0);
    } finally {
      closeQuietly(descriptor);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeQuietly(this.#descriptor);
    this.#descriptor = undefined;
  }
}
