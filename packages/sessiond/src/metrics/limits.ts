/** Limits of the metrics endpoint: on a port of the loopback interface, every user of the machine can connect. */

/** Open connections: a Prometheus needs one. Each may hold an answer of megabytes. */
export const HTTP_CONNECTIONS_MAX = 64;
/** Connections accepted in a second; further ones wait in the kernel, which costs this process nothing. */
export const HTTP_CONNECTIONS_PER_SECOND_MAX = 64;
/** Bytes of a request's head: Prometheus sends less than a kilobyte. */
export const HTTP_HEAD_BYTES_MAX = 16 * 1024;
/** Bytes of a post's body: a group of thousands of alerts is smaller. */
export const HTTP_BODY_BYTES_MAX = 1024 * 1024;
/** Time for a request to arrive, and again for its answer to be read. Prometheus gives up after ten seconds. */
export const HTTP_TIMEOUT_MS = 5000;
/** Age from which the next request makes a new sample. Prometheus scrapes once in fifteen seconds. */
export const SAMPLE_AGE_MS_MAX = 1000;
/** Time for which a scrape waits for the consumer. */
export const SAMPLE_TIMEOUT_MS = 2000;
/** Snapshots being recorded or waiting for their turn. */
export const HTTP_SNAPSHOTS_AT_ONCE_MAX = 8;
/** Time after which a post is answered although its snapshot goes on. */
export const HTTP_SNAPSHOT_TIMEOUT_MS = 60_000;
