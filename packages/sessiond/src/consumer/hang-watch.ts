import type { ConsumerConnection } from './consumer-connection.ts';

export interface HangWatchOptions {
  readonly connection: ConsumerConnection;
  /** A value that changes while the consumer works; undefined if it cannot be known. */
  readonly work: () => string | undefined;
  readonly limitMs: number;
  readonly onHung: () => void;
}

/**
 * Calls back once if a consumer with unanswered commands neither answers nor works for the limit. A disk may be slow
 * and a snapshot long, but then the consumer reads or writes.
 *
 * @returns ends the watch
 */
export function watchForHang({ connection, work, limitMs, onHung }: HangWatchOptions): () => void {
  let progressMs = performance.now();
  let lastWork: string | undefined;
  let answers = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const isIdle = connection.unanswered.size === 0;
    const currentWork = isIdle ? undefined : work();
    const hasWorked = currentWork !== undefined && currentWork !== lastWork;
    if (isIdle || hasWorked || connection.answers !== answers) {
      progressMs = nowMs;
      lastWork = currentWork;
      answers = connection.answers;
    } else if (nowMs - progressMs > limitMs) {
      clearInterval(timer);
      onHung();
    }
  }, limitMs / 4);
  timer.unref();
  return () => clearInterval(timer);
}
