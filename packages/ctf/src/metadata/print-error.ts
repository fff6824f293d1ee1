import { RingtailError } from '@ringtail/base';

/** A trace class holds something that the metadata language cannot say. */
export class MetadataPrintError extends RingtailError<'NOT_REPRESENTABLE'> {
  override readonly name = 'MetadataPrintError';

  constructor(message: string) {
    super('NOT_REPRESENTABLE', message);
  }
}
