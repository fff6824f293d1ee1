import { closeSync } from 'node:fs';
import type { DescriptorQuarantine } from '../../../peers/descriptor-quarantine.ts';
import { PeerRefusal } from '../../../peers/peer-refusal.ts';

/**
 * Descriptors that an application sent and that no message has taken yet: each travels with the first byte of its
 * frame.
 */
export class ReceivedDescriptors {
  readonly #quarantine: DescriptorQuarantine;
  readonly #uid: number;
  readonly #waiting: number[] = [];

  /** @param uid the application's user */
  constructor(quarantine: DescriptorQuarantine, uid: number) {
    this.#quarantine = quarantine;
    this.#uid = uid;
  }

  /** @throws {PeerRefusal} if a descriptor must not be touched: it stays in the quarantine */
  add(descriptors: readonly number[]): void {
    const admitted = descriptors.filter((descriptor) => this.#quarantine.admit(descriptor, this.#uid));
    this.#waiting.push(...admitted);
    if (admitted.length === descriptors.length) return;
    throw new PeerRefusal('BAD_MESSAGE', 'a descriptor came of a file on a file system that may never answer');
  }

  /** The descriptor of the next message, which the caller owns. @throws {PeerRefusal} if there is none */
  take(): number {
    const descriptor = this.#waiting.shift();
    if (descriptor === undefined) throw new PeerRefusal('BAD_MESSAGE', 'the message came without a descriptor');
    return descriptor;
  }

  /**
   * Checks that at most one descriptor waits, for the rest of its frame.
   *
   * @param isFrameBegun whether a part of a frame has been received
   * @throws {PeerRefusal} if a descriptor belongs to no message
   */
  check(isFrameBegun: boolean): void {
    const count = this.#waiting.length;
    if (count > 1 || (count === 1 && !isFrameBegun)) {
      throw new PeerRefusal('BAD_MESSAGE', 'a descriptor came that no message speaks of');
    }
  }

  closeAll(): void {
    for (const descriptor of this.#waiting.splice(0)) closeSync(descriptor);
  }
}
