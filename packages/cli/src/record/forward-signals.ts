import type { TerminalRole } from './controlling-terminal.ts';

/** The terminal sends these to the whole foreground process group, thus to the command as well as to us. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGWINCH'];
const ALWAYS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGUSR1', 'SIGUSR2'];

/**
 * Passes signals on to the command, which decides what they mean; we only ever end because it did.
 *
 * A signal that the terminal gave to both of us is not passed on, so the command sees it once. A hang-up is one of those
 * if it took the terminal away that we had at the start.
 *
 * @returns stops the forwarding
 */
export function forwardSignals(send: (signal: NodeJS.Signals) => void, role: () => TerminalRole): () => void {
  const atStart = role();
  const handlers = new Map<NodeJS.Signals, () => void>();
  for (const signal of ALWAYS) handlers.set(signal, () => send(signal));
  for (const signal of FROM_TERMINAL) {
    handlers.set(signal, () => {
      if (role() !== 'foreground') send(signal);
    });
  }
  handlers.set('SIGHUP', () => {
    const hungUp = atStart === 'foreground' && role() === 'none';
    if (!hungUp) send('SIGHUP');
  });
  for (const [signal, handler] of handlers) process.on(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
