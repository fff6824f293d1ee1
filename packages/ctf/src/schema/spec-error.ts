import { RingtailError } from '@ringtail/base';

export type SpecErrorCode =
  /** A value has the wrong type, or is not one of the allowed values. */
  | 'BAD_SPEC'
  /** A name that cannot stand in metadata. */
  | 'BAD_NAME'
  /** Two members of one structure would have the same name for readers, length and tag members included. */
  | 'NAME_CLASH'
  /** An enumeration range is empty or does not fit the container. */
  | 'BAD_RANGE'
  /** Deeper, longer or larger than an event may be. */
  | 'TOO_LARGE';

/** A description of an event that cannot be taken over into metadata. */
export class SpecError extends RingtailError<SpecErrorCode> {
  override readonly name = 'SpecError';

  /** Where in the description, as a JSON path: `$.fields[2].spec.element`. */
  readonly at: string;

  constructor(code: SpecErrorCode, at: string, message: string) {
    super(code, `${at}: ${message}`);
    this.at = at;
  }
}
