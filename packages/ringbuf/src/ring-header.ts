import { UUID_BYTES } from '@ringtail/base';
import { TextEncoder } from '@ringtail/base/node';
import {
  Header,
  headerBytesFor,
  PROCNAME_BYTES_MAX,
  RING_ABI_VERSION,
  RING_BYTES_MAX,
  RING_MAGIC,
  RingClock,
  RingMode,
  ringBytesFor,
  SUB_BUF_BYTES_MAX,
  SUB_BUF_BYTES_MIN,
  SUB_BUF_COUNT_MAX,
  SUB_BUF_COUNT_MIN,
} from './abi.ts';
import { RingError } from './ring-error.ts';

/** Sizes of a ring. */
export interface RingGeometry {
  /** A multiple of 4096. */
  readonly subBufBytes: number;
  readonly subBufCount: number;
}

/** Description of a ring by its producer. A reader checks the sizes, and nothing else. */
export interface RingHeader extends RingGeometry {
  readonly mode: RingMode;
  readonly clock: RingClock;
  readonly streamClassId: number;
  /** The trace's, 16 bytes. */
  readonly uuid: Uint8Array;
  readonly pid: number;
  readonly tid: number;
  readonly procname: string;
}

/** Size of the header's words. */
export const HEADER_WORDS_BYTES = Header.PROCNAME + PROCNAME_BYTES_MAX;

/** Reason why these sizes are impossible, as a sentence; null if they are possible. */
export function geometryProblem({ subBufBytes, subBufCount }: RingGeometry): string | null {
  if (
    !Number.isInteger(subBufBytes) ||
    subBufBytes < SUB_BUF_BYTES_MIN ||
    subBufBytes > SUB_BUF_BYTES_MAX ||
    subBufBytes % SUB_BUF_BYTES_MIN !== 0
  ) {
    return `a sub-buffer of ${subBufBytes} bytes is impossible, it takes a multiple of ${SUB_BUF_BYTES_MIN} up to ${SUB_BUF_BYTES_MAX}`;
  }
  if (!Number.isInteger(subBufCount) || subBufCount < SUB_BUF_COUNT_MIN || subBufCount > SUB_BUF_COUNT_MAX) {
    return `${subBufCount} sub-buffers are impossible, it takes ${SUB_BUF_COUNT_MIN} to ${SUB_BUF_COUNT_MAX}`;
  }
  const ringBytes = ringBytesFor(subBufBytes, subBufCount);
  if (ringBytes > RING_BYTES_MAX)
    return `a ring of ${ringBytes} bytes is impossible, it takes at most ${RING_BYTES_MAX}`;
  return null;
}

/** Writes the header into a new ring; the magic number last. A longer process name is cut. */
export function writeHeader(dv: DataView, header: RingHeader): void {
  const setWord = (offset: number, value: number) => dv.setUint32(offset, value, true);
  setWord(Header.ABI_VERSION, RING_ABI_VERSION);
  setWord(Header.HEADER_BYTES, headerBytesFor(header.subBufCount));
  setWord(Header.SUB_BUF_BYTES, header.subBufBytes);
  setWord(Header.SUB_BUF_COUNT, header.subBufCount);
  setWord(Header.MODE, header.mode);
  setWord(Header.STREAM_CLASS_ID, header.streamClassId);
  setWord(Header.PID, header.pid);
  setWord(Header.TID, header.tid);
  setWord(Header.CLOCK, header.clock);
  const bytes = new Uint8Array(dv.buffer, dv.byteOffset, HEADER_WORDS_BYTES);
  bytes.set(header.uuid, Header.UUID);
  // encodeInto stops before a character that does not fit whole.
  const { written } = new TextEncoder().encodeInto(header.procname, bytes.subarray(Header.PROCNAME));
  setWord(Header.PROCNAME_BYTES, written);
  setWord(Header.MAGIC, RING_MAGIC);
}

/**
 * Reads the header of a ring file of `fileBytes` bytes.
 *
 * @throws {RingError} `NOT_A_RING`, `WRONG_ABI`, `CORRUPT`, `TRUNCATED`
 */
export function parseHeader(bytes: Uint8Array, fileBytes: number): RingHeader {
  const dv = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (offset: number) => dv.getUint32(offset, true);
  if (word(Header.MAGIC) !== RING_MAGIC) {
    throw new RingError('NOT_A_RING', `not a ring: magic number is 0x${word(Header.MAGIC).toString(16)}`);
  }
  if (word(Header.ABI_VERSION) !== RING_ABI_VERSION) {
    const version = word(Header.ABI_VERSION);
    throw new RingError('WRONG_ABI', `ring has ABI version ${version}, this program knows ${RING_ABI_VERSION}`);
  }

  const geometry = { subBufBytes: word(Header.SUB_BUF_BYTES), subBufCount: word(Header.SUB_BUF_COUNT) };
  const problem = geometryProblem(geometry);
  if (problem !== null) throw new RingError('CORRUPT', `ring header: ${problem}`);
  const ringBytes = ringBytesFor(geometry.subBufBytes, geometry.subBufCount);
  if (fileBytes < ringBytes) {
    throw new RingError('TRUNCATED', `ring file has ${fileBytes} bytes, its header declares ${ringBytes}`);
  }
  if (fileBytes > ringBytes) {
    throw new RingError('CORRUPT', `ring file has ${fileBytes} bytes, its header declares only ${ringBytes}`);
  }
  const bounded = (name: string, offset: number, values: readonly number[]) => {
    if (!values.includes(word(offset))) throw new RingError('CORRUPT', `ring header: ${name} is ${word(offset)}`);
    return word(offset);
  };
  bounded('HEADER_BYTES', Header.HEADER_BYTES, [headerBytesFor(geometry.subBufCount)]);
  const procnameBytes = word(Header.PROCNAME_BYTES);
  if (procnameBytes > PROCNAME_BYTES_MAX) {
    throw new RingError('CORRUPT', `ring header: PROCNAME_BYTES is ${procnameBytes}, at most ${PROCNAME_BYTES_MAX}`);
  }
  return {
    ...geometry,
    mode: bounded('MODE', Header.MODE, Object.values(RingMode)) as RingMode,
    clock: bounded('CLOCK', Header.CLOCK, Object.values(RingClock)) as RingClock,
    streamClassId: word(Header.STREAM_CLASS_ID),
    uuid: bytes.slice(Header.UUID, Header.UUID + UUID_BYTES),
    pid: word(Header.PID),
    tid: word(Header.TID),
    procname: new TextDecoder().decode(bytes.subarray(Header.PROCNAME, Header.PROCNAME + procnameBytes)),
  };
}
