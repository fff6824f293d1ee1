import { RingtailError } from '@ringtail/base';

/** A refusal by the consumer, with its code and message. */
export class ConsumerRefusal extends RingtailError {
  override readonly name = 'ConsumerRefusal';
}
