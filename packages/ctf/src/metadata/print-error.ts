import { RingtailError } from '@ringtail/base';

/** The metadata language cannot express a trace class. */
export class MetadataPrintError extends RingtailError<'NOT_REPRESENTABLE'> {
  override readonly name = 'MetadataPrintError';

  constructor(message: string) {
    super('NOT_REPRESENTABLE', message);
  }
}
