import { describe, expect, it } from 'vitest';
import type { TerminalRole } from './controlling-terminal.ts';
import { forwardSignals } from './forward-signals.ts';

/** Which of the signals are passed on when the process gets them, given its role at the start and then. */
function passedOn(atStart: TerminalRole, then: TerminalRole, signals: readonly NodeJS.Signals[]): NodeJS.Signals[] {
  const sent: NodeJS.Signals[] = [];
  let role = atStart;
  const stop = forwardSignals(
    (signal) => sent.push(signal),
    () => role,
  );
  role = then;
  for (const signal of signals) process.emit(signal, signal);
  stop();
  return sent;
}

describe('signals', () => {
  const all: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];

  it('all go to the command where no terminal sends them to it', () => {
    expect(passedOn('none', 'none', all)).toEqual(all);
    expect(passedOn('background', 'background', all)).toEqual(all);
  });

  it('those that the terminal gave to the command already are not doubled', () => {
    expect(passedOn('foreground', 'foreground', all)).toEqual(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']);
  });

  it('a hang-up is not doubled, a SIGHUP sent by hand is passed on', () => {
    expect(passedOn('foreground', 'none', ['SIGHUP'])).toEqual([]);
    expect(passedOn('foreground', 'foreground', ['SIGHUP'])).toEqual(['SIGHUP']);
  });

  it('are our own again once the forwarding has stopped', () => {
    const before = process.listenerCount('SIGTERM');
    passedOn('none', 'none', []);
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
