/** The version of every Ringtail package; they are released together. */
export const RINGTAIL_VERSION = '0.1.0';
