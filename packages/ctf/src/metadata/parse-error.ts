import { RingtailError } from '@ringtail/base';

/** What is wrong with metadata. Codes are API. */
export type MetadataCode =
  /** The text is no TSDL. */
  | 'SYNTAX'
  /** The text is TSDL, but what it says makes no sense. */
  | 'SEMANTICS'
  /** It may make sense, but goes beyond what the model or the decoder holds. */
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
