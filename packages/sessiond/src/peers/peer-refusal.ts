import { RingtailError } from '@ringtail/base';
import type { RefusedReply } from '@ringtail/protocol';

/** A refusal that the daemon sends to an application. */
export class PeerRefusal extends RingtailError<RefusedReply['code']> {
  override readonly name = 'PeerRefusal';
}
