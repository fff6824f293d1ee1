/**
 * Contexts that this thread cannot read are recorded as zero: an event is worth more than one of its fields. Whoever listens
 * here tells the session daemons, so that nobody takes the zero for a value.
 */
let listener: (message: string) => void = () => {};

export function onContextTrouble(tell: (message: string) => void): void {
  listener = tell;
}

export function tellContextTrouble(message: string): void {
  listener(message);
}
