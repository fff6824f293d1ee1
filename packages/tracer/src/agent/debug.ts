/** Says what goes on in the tracer, where somebody wants to know. */
export function debug(message: string): void {
  if (process.env.RINGTAIL_DEBUG === '1') process.stderr.write(`ringtail: ${message}\n`);
}
