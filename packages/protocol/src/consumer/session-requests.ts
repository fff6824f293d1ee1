/** Requests about whole sessions. Each answers the session's statistics unless said otherwise. */
import { sessionStatistics } from '../model/statistics.ts';
import { nullable, size } from '../wire/shape.ts';
import { destination } from './destination.ts';
import { request, session } from './request.ts';

export const sessionRequests = {
  /** Takes the committed part of all rings. Answered when it is in the trace files. */
  flush: request({ session }, sessionStatistics),
  statistics: request({ session }, sessionStatistics),
  /** Flushes, then closes the session and its rings. */
  'close-session': request({ session }, sessionStatistics),
  /**
   * Copies the content of the session's rings, the committed part of open sub-buffers included, to a new destination.
   * The rings stay as they are. Answers the statistics of the snapshot when it is complete; other requests are answered
   * meanwhile. A repeated request is answered as before if the snapshot was complete, and begins again at the
   * same destination if it was not.
   */
  snapshot: request({ session, destination, maxBytes: nullable(size) }, sessionStatistics),
  /**
   * Flushes, then closes the current trace chunk as `archive` and begins a new one. A repeated request does nothing
   * more.
   */
  rotate: request({ session, archive: destination }, sessionStatistics),
  /** Drops the content of the rings, and empties the current trace chunk. */
  clear: request({ session }, sessionStatistics),
};
