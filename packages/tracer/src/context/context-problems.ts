/**
 * Contexts that this thread cannot read. They are recorded as zero, since an event is worth more than one of its
 * fields. The session daemons are told, so that a user does not take the zero for a value.
 */
const problems = new Map<string, string>();
let listener: (context: string, message: string) => void = () => {};

export function onContextProblem(report: (context: string, message: string) => void): void {
  listener = report;
}

/** The message about a context that cannot be read; undefined if no problem is known. */
export function contextProblemOf(context: string): string | undefined {
  return problems.get(context);
}

/** Reports the first problem of each context. */
export function reportContextProblem(context: string, message: string): void {
  if (problems.has(context)) return;
  problems.set(context, message);
  listener(context, message);
}
