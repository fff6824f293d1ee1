/** Bounds of the conversation between an application's thread and a session daemon. */
export const APP_PROTOCOL_VERSION = 3;
/** Bytes of a frame, in both directions. */
export const APP_FRAME_BYTES_MAX = 4 * 1024 * 1024;
/** Events of one `declare`; a thread with more events sends several. */
export const DECLARE_EVENTS_MAX = 16_384;
