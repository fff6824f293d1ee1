import { type BitOffset, RingtailError } from '@ringtail/base';

/** Reason why the bytes of a data stream are wrong. Codes are API. */
export type TraceFormatCode =
  /** The data stream ends in the middle of a packet: its writer was killed. */
  | 'TRUNCATED'
  /** A field lies behind the packet's content. */
  | 'PAST_CONTENT'
  | 'BAD_MAGIC'
  /** The packet belongs to other metadata. */
  | 'BAD_UUID'
  | 'BAD_PACKET_SIZE'
  | 'UNKNOWN_DATA_STREAM_CLASS'
  | 'UNKNOWN_EVENT_RECORD_CLASS'
  /** No option of a variant is selected by its selector's value. */
  | 'NO_VARIANT_OPTION'
  /** A length or a selector is used before its field occurred. */
  | 'UNSET_REFERENCE'
  /** Bit fields of both byte orders share a byte. */
  | 'BYTE_ORDER_CHANGE'
  /** An event record without a single bit: there would be infinitely many. */
  | 'EMPTY_EVENT_RECORD'
  /** An event record or an array is larger than the decoder's limits. */
  | 'TOO_LARGE'
  /** Behind malformed packets nothing more is read of the data stream. */
  | 'GIVEN_UP'
  /** The metadata describes something that cannot be decoded. */
  | 'BAD_CLASS';

/**
 * The bytes of a data stream contradict the metadata or CTF.
 *
 * `path` leads from the trace over data stream, packet and event record to the field.
 */
export class TraceFormatError extends RingtailError<TraceFormatCode> {
  override readonly name = 'TraceFormatError';

  /** Bits from the start of the packet. */
  readonly at: BitOffset;

  constructor(code: TraceFormatCode, message: string, at: number) {
    super(code, message);
    this.at = at as BitOffset;
  }

  override describe(): string {
    return `${super.describe()} (at bit ${this.at} of the packet)`;
  }
}
