import { RingtailError } from '@ringtail/base';

/** Reason why metadata is refused. Codes are API. */
export type MetadataCode =
  /** The text is no TSDL. */
  | 'SYNTAX'
  /** The text is TSDL, but its meaning is impossible. */
  | 'SEMANTICS'
  /** It may have a meaning, but exceeds the model or the decoder. */
  | 'UNSUPPORTED'
  /** The packets of a packetised metadata stream are damaged. */
  | 'BAD_PACKET';

/** Metadata that no trace model can be built from. */
export class MetadataError extends RingtailError<MetadataCode> {
  override readonly name = 'MetadataError';
  /** Line and column in the metadata text, both from 1; undefined where the error is not in the text. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(code: MetadataCode, message: string, place?: { readonly line: number; readonly column: number }) {
    super(code, message);
    this.line = place?.line;
    this.column = place?.column;
  }

  override describe(): string {
    const place = this.line === undefined ? '' : ` (line ${this.line}, column ${this.column})`;
    return `${super.describe()}${place}`;
  }
}
