import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandSignals } from './command-signals.ts';
import type { TerminalRole } from './controlling-terminal.ts';

const ALL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];

function setUp(atStart: TerminalRole = 'none') {
  const seen: string[] = [];
  const world = { role: atStart };
  const signals = new CommandSignals(
    () => world.role,
    () => seen.push('finishing'),
    (signal) => seen.push(`give up ${signal}`),
  );
  onTestFinished(() => signals.dispose());
  const raise = (...names: readonly NodeJS.Signals[]): void => {
    for (const name of names) process.emit(name, name);
  };
  return { seen, world, signals, raise, send: (signal: NodeJS.Signals) => void seen.push(signal) };
}

describe('signals', () => {
  it('all go to the command where no terminal sends them to it', () => {
    for (const role of ['none', 'background'] as const) {
      const { seen, signals, raise, send } = setUp(role);
      signals.commandRuns(send);
      raise(...ALL);
      signals.dispose();
      expect(seen).toEqual(ALL);
    }
  });

  it('that the terminal gave to the command already are not doubled', () => {
    const { seen, signals, raise, send } = setUp('foreground');
    signals.commandRuns(send);
    raise(...ALL);
    expect(seen).toEqual(['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']);
  });

  it('of a hang-up are not doubled, while a SIGHUP sent by hand is passed on', () => {
    const { seen, world, signals, raise, send } = setUp('foreground');
    signals.commandRuns(send);
    raise('SIGHUP');
    world.role = 'none';
    raise('SIGHUP');
    expect(seen).toEqual(['SIGHUP']);
  });

  it('that come before the command runs wait for it, also those of the terminal', () => {
    const { seen, signals, raise, send } = setUp('foreground');
    raise('SIGINT', 'SIGTERM');
    expect(seen).toEqual([]);
    signals.commandRuns(send);
    expect(seen).toEqual(['SIGINT', 'SIGTERM']);
  });

  it('that come after its end leave time to finish the trace, once', () => {
    const { seen, signals, raise, send } = setUp('foreground');
    signals.commandRuns(send);
    signals.commandEnded();
    raise('SIGWINCH', 'SIGUSR1', 'SIGINT', 'SIGTERM');
    expect(seen).toEqual(['finishing', 'give up SIGTERM']);
  });

  it('that are ours do not reach the command, before, during and after it', () => {
    const seen: string[] = [];
    const signals = new CommandSignals(
      () => 'none',
      () => undefined,
      () => undefined,
      { SIGUSR2: () => seen.push('own') },
    );
    onTestFinished(() => signals.dispose());
    process.emit('SIGUSR2', 'SIGUSR2');
    signals.commandRuns((signal) => void seen.push(signal));
    process.emit('SIGUSR2', 'SIGUSR2');
    process.emit('SIGUSR1', 'SIGUSR1');
    signals.commandEnded();
    process.emit('SIGUSR2', 'SIGUSR2');
    expect(seen).toEqual(['own', 'own', 'SIGUSR1', 'own']);
  });

  it('are our own again in the end', () => {
    const before = process.listenerCount('SIGTERM');
    const { signals } = setUp();
    signals.dispose();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
