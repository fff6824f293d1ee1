import { RingtailError } from '@ringtail/base';

/** The consumer refuses a command; code and message are its own. */
export class ConsumerRefusal extends RingtailError {
  override readonly name = 'ConsumerRefusal';
}
