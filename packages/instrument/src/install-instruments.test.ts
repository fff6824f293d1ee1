import { describe, expect, it } from 'vitest';
import { installInstruments } from './install-instruments.ts';
import type { EventSource, Tracer } from './instrument.ts';

const TRACER = {} as Tracer;

/** A thread whose tracepoints a test enables and disables. */
function fakeThread() {
  const listeners: ((isEnabled: boolean) => void)[] = [];
  const reports: string[] = [];
  return {
    reports,
    enable: (isEnabled: boolean) => {
      for (const listener of listeners) listener(isEnabled);
    },
    watch: (_: readonly unknown[], listener: (isEnabled: boolean) => void) => void listeners.push(listener),
    report: (code: string, message: string) => void reports.push(`${code}: ${message}`),
  };
}

function loggingSource(log: string[], name: string): EventSource {
  const install = () => {
    log.push(`install ${name}`);
    return () => void log.push(`uninstall ${name}`);
  };
  return { tracepoints: [], install };
}

describe('instruments', () => {
  it('are installed while one of their events is enabled', () => {
    const thread = fakeThread();
    const log: string[] = [];
    installInstruments({ a: () => [loggingSource(log, 'a')] }, TRACER, thread);
    expect(log).toEqual([]);
    thread.enable(true);
    thread.enable(false);
    thread.enable(true);
    expect(log).toEqual(['install a', 'uninstall a', 'install a']);
  });

  it('whose events are enabled from the start are installed after all events are declared', () => {
    const log: string[] = [];
    const declaring = (name: string) => () => {
      log.push(`declare ${name}`);
      return [loggingSource(log, name)];
    };
    const watch = (_: readonly unknown[], listener: (isEnabled: boolean) => void) => listener(true);
    installInstruments({ a: declaring('a'), b: declaring('b') }, TRACER, { ...fakeThread(), watch });
    expect(log).toEqual(['declare a', 'declare b', 'install a', 'install b']);
  });

  it('that fail are reported once and stay out, and others go on', () => {
    const thread = fakeThread();
    const log: string[] = [];
    let attempts = 0;
    const failing: EventSource = {
      tracepoints: [],
      install: () => {
        attempts++;
        throw new Error('no such hook');
      },
    };
    const broken = () => {
      throw new Error('no such module');
    };
    installInstruments({ broken, failing: () => [failing], good: () => [loggingSource(log, 'good')] }, TRACER, thread);
    thread.enable(true);
    thread.enable(false);
    thread.enable(true);
    expect(attempts).toBe(1);
    expect(log).toEqual(['install good', 'uninstall good', 'install good']);
    expect(thread.reports).toEqual([
      'INSTRUMENT_FAILED: the instrument broken does not work here: no such module',
      'INSTRUMENT_FAILED: the instrument failing does not work here: no such hook',
    ]);
  });
});
