/**
 * The input or the world is wrong: a coded error that each caller on the way up may locate.
 *
 * `code` is API and stays; the message is for people and may change.
 */
export class RingtailError<Code extends string = string> extends Error {
  override readonly name: string = 'RingtailError';
  /** Where it happened, most general first: trace, data stream, packet, field. */
  readonly path: string[] = [];

  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** Adds the more general place in which this error happened. */
  within(where: string): this {
    this.path.unshift(where);
    return this;
  }

  /** The message with its place in front, as shown to a person. */
  describe(): string {
    return this.path.length === 0 ? this.message : `${this.path.join(': ')}: ${this.message}`;
  }
}

/** Describes any thrown value for a person. Never throws. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof RingtailError) return error.describe();
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'a thrown value that cannot be described';
  }
}

/** The `errno` name (`ENOSPC`, `ENOENT`, …) of a failed system call, if the error carries one. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Whether a system call failed because nothing has that path. */
export function isAbsence(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 'ENOENT' || errno === 'ENOTDIR';
}
