import type { EventSpec } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import type { Gate, Recorder } from './recorder-plan.ts';

/** A tracepoint's state in this thread. */
export interface Site {
  readonly event: EventSpec;
  /** The generation at which no channel and no trigger wants this event: a call then does nothing. */
  off: number;
  /** The generation that `record` is valid for; −1 if there is none. */
  on: number;
  record: Recorder;
}

const GENERATION = ControlPage.GENERATION / 4;
/** Captured at load: programs may replace how arrays are spread. */
const { apply } = Reflect;

/**
 * Compiles the function that the application calls. It passes its arguments on without an array.
 *
 * While the tracepoint is disabled, a call costs one load and one compare. It does not throw, whatever a program has
 * replaced.
 */
export function compileTracepoint(site: Site, gate: Gate): (...values: never[]) => void {
  const names = site.event.fields.map((_, i) => `a${i}`).join(', ');
  const body = `
    return function tracepoint(${names}) {
      if (gate.page[${GENERATION}] === site.off) return;
      try {
        site.record(${names});
      } catch (error) {
        try { gate.failed(error, site); } catch {}
      }
    };`;
  return new Function('site', 'gate', body)(site, gate) as (...values: never[]) => void;
}

/** The same where code generation is forbidden. */
export function buildTracepoint(site: Site, gate: Gate): (...values: never[]) => void {
  return (...values: never[]) => {
    if (gate.page[GENERATION] === site.off) return;
    try {
      apply(site.record, undefined, values);
    } catch (error) {
      try {
        gate.failed(error, site);
      } catch {
        // The stack is exhausted.
      }
    }
  };
}
