/** Bounds of the conversation between an application's thread and a session daemon. */

/** Rises with every change of these messages or of the control file's layout: the daemon checks it first. */
export const APP_PROTOCOL_VERSION = 8;
/** Bytes of a frame, in both directions. */
export const APP_FRAME_BYTES_MAX = 4 * 1024 * 1024;
/** Characters of a program's name. */
export const PROGRAM_LENGTH_MAX = 255;
/** Events of one `declare`; a thread with more events sends several. */
export const DECLARE_EVENTS_MAX = 16_384;
/** Tracepoints of a thread that a daemon lists. */
export const TRACEPOINTS_MAX = 65_536;
