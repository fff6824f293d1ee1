/**
 * Adds a listener of `process` whose errors stay out of the program. Only for events without a default effect, since a
 * listener takes it away.
 *
 * @returns a function that removes it
 */
export function listenToProcess(name: string, act: (...args: never[]) => void): () => void {
  const listener = (...args: unknown[]) => {
    try {
      act(...(args as never[]));
    } catch {
      // The program goes on as it would without us.
    }
  };
  process.on(name, listener);
  return () => void process.removeListener(name, listener);
}
