import { RingtailError } from '@ringtail/base';
import type { RefusedReply } from '@ringtail/protocol';

/** An application asks for what it cannot have; it is told so. */
export class PeerRefusal extends RingtailError<RefusedReply['code']> {
  override readonly name = 'PeerRefusal';
}
