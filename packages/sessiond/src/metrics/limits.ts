/** Bounds of the metrics endpoint. On a port of the loopback interface every user of the machine can connect. */

/** Connections at a time: a Prometheus needs one. Each may hold an answer of megabytes. */
export const HTTP_CONNECTIONS_MAX = 64;
/** Connections taken in a second; further ones wait in the kernel, which costs this process nothing. */
export const HTTP_CONNECTIONS_PER_SECOND_MAX = 64;
/** A Prometheus sends less than a kilobyte. */
export const HTTP_HEAD_BYTES_MAX = 16 * 1024;
/** Of a post: a group of thousands of alerts is smaller. */
export const HTTP_BODY_BYTES_MAX = 1024 * 1024;
/** For a request to arrive, and after that for its answer to be read. Prometheus gives up after ten seconds. */
export const HTTP_TIMEOUT_MS = 5000;
/** Age of a sample from which the next request makes a new one. Prometheus scrapes once in fifteen seconds. */
export const SAMPLE_AGE_MS_MAX = 1000;
/** How long a scrape waits for the consumer. */
export const SAMPLE_TIMEOUT_MS = 2000;
/** Snapshots that are being recorded or wait for their turn. */
export const HTTP_SNAPSHOTS_AT_ONCE_MAX = 8;
/** Whoever posts is told no later than this, although the snapshot goes on. */
export const HTTP_SNAPSHOT_TIMEOUT_MS = 60_000;
