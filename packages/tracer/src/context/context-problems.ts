/**
 * Contexts that this thread cannot read are recorded as zero: an event is worth more than one of its fields. Whoever listens
 * here tells the session daemons, so that nobody takes the zero for a value.
 */
const troubles = new Map<string, string>();
let listener: (context: string, message: string) => void = () => {};

export function onContextTrouble(tell: (context: string, message: string) => void): void {
  listener = tell;
}

/** What is wrong with a context of this thread, in words; undefined if nothing is known to be. */
export function contextTroubleOf(context: string): string | undefined {
  return troubles.get(context);
}

/** Told once for each context. */
export function tellContextTrouble(context: string, message: string): void {
  if (troubles.has(context)) return;
  troubles.set(context, message);
  listener(context, message);
}
