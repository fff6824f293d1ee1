/** Bounds of the conversation between a client and a session daemon. */
export const CLIENT_PROTOCOL_VERSION = 7;
/**
 * Bytes of a client's frame. 65,536 values of a process tracker have 720 KB. To parse JSON of 16 MiB would keep the
 * daemon from all other clients for most of a second.
 */
export const CLIENT_FRAME_BYTES_MAX = 1024 * 1024;
/**
 * Bytes of the daemon's frame. A list of thousands of threads with the fields of all their tracepoints is one frame.
 */
export const CLIENT_REPLY_BYTES_MAX = 256 * 1024 * 1024;
