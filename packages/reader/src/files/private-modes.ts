/**
 * Modes of new files and directories with recorded data: their owner alone reads them, whatever the umask and the
 * source.
 */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_DIRECTORY = 0o700;
