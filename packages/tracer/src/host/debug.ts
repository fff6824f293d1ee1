/** Writes a line about the tracer's work to standard error, with `RINGTAIL_DEBUG=1`. Never throws. */
export function debug(message: string, error?: unknown): void {
  try {
    if (process.env.RINGTAIL_DEBUG !== '1') return;
    process.stderr.write(`ringtail: ${message}${error === undefined ? '' : `: ${reasonOf(error)}`}\n`);
  } catch {
    // A program may have replaced the functions that this uses.
  }
}

/** `describeError` for the part of the tracer that is loaded with the program. Never throws. */
export function reasonOf(error: unknown): string {
  try {
    return `${(error as Error).message}`;
  } catch {
    return 'unknown';
  }
}
