const acts = new Set<(code: number) => void>();

/**
 * Acts when the program exits, before the listeners that the program adds later. Errors stay out of the program.
 *
 * All sources share one listener, so the program's limit of listeners is as far away as it can be.
 *
 * @returns a function that takes it back
 */
export function onExit(act: (code: number) => void): () => void {
  if (acts.size === 0) process.on('exit', exiting);
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size === 0) process.removeListener('exit', exiting);
  };
}

function exiting(code: number): void {
  for (const act of acts) {
    try {
      act(code);
    } catch {
      // The program ends as it would without us.
    }
  }
}
