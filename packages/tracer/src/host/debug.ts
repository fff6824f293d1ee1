/** Says what goes on in the tracer, where somebody wants to know. Never throws. */
export function debug(message: string, error?: unknown): void {
  try {
    if (process.env.RINGTAIL_DEBUG !== '1') return;
    process.stderr.write(`ringtail: ${message}${error === undefined ? '' : `: ${reasonOf(error)}`}\n`);
  } catch {
    // A program may have replaced what is used here.
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
