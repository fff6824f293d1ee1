import process from 'node:process';

/** Says what goes on in the tracer, where somebody wants to know. Never throws. */
export function debug(message: string): void {
  try {
    if (process.env.RINGTAIL_DEBUG === '1') process.stderr.write(`ringtail: ${message}\n`);
  } catch {
    // A program may have replaced what is used here.
  }
}
