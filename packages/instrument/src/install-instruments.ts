import type { EventSource, Instrument, Tracer } from './instrument.ts';

/** The tracer of this thread: the part of its registry that instruments need. */
export interface InstrumentedThread {
  /** Tells `listener` whether any of these tracepoints is enabled, at once if one is, and whenever that has changed. */
  watch(tracepoints: readonly unknown[], listener: (isEnabled: boolean) => void): void;
  /** Reports a problem of this thread, for `ringtail status`. */
  report(code: string, message: string): void;
}

/**
 * Declares the events of all instruments. Each source is installed while one of its events is enabled.
 *
 * Sources whose events are enabled already are installed at the end: declaring events makes rings, and the wait for the
 * daemon's answers would count as a stall of the program.
 *
 * Never throws. An instrument that fails is reported, and its source stays out of the program from then on.
 */
export function installInstruments(
  instruments: Readonly<Record<string, Instrument>>,
  tracer: Tracer,
  thread: InstrumentedThread,
): void {
  const first: (() => void)[] = [];
  let isDeclaring = true;
  for (const [name, instrument] of Object.entries(instruments)) {
    const failed = (error: unknown) => {
      thread.report('INSTRUMENT_FAILED', `the instrument ${name} does not work here: ${reasonOf(error)}`);
    };
    try {
      for (const source of instrument(tracer)) {
        const turn = switchFor(source, failed);
        thread.watch(source.tracepoints, (isEnabled) => {
          if (isDeclaring) first.push(() => turn(isEnabled));
          else turn(isEnabled);
        });
      }
    } catch (error) {
      failed(error);
    }
  }
  isDeclaring = false;
  for (const turn of first) turn();
}

/** Installs and uninstalls a source. */
function switchFor(source: EventSource, failed: (error: unknown) => void): (isEnabled: boolean) => void {
  let uninstall: (() => void) | undefined;
  let hasFailed = false;
  return (isEnabled) => {
    if (hasFailed) return;
    try {
      if (isEnabled) uninstall ??= source.install();
      else {
        const end = uninstall;
        uninstall = undefined;
        end?.();
      }
    } catch (error) {
      hasFailed = true;
      failed(error);
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
