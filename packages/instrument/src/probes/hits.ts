import type { Tracer } from '../instrument.ts';
import { describeValue, describeVariables, Unreadable } from './describe-value.ts';
import { defineGlobal, type Hook, limitedHits, nextGlobalName, removeGlobal } from './hook.ts';
import type { LineProbe } from './probe.ts';
import type { Time } from './time.ts';

interface HitsOptions {
  readonly tracer: Tracer;
  readonly time: Time;
  readonly onHit: () => void;
  /** Whether a breakpoint may stop the program. */
  readonly mayStop: () => boolean;
}

/** The hits of a line. Code in the program calls the global function with the captured values. */
export class Hits implements Hook {
  readonly globalName = nextGlobalName();
  readonly tracepoints: Hook['tracepoints'];

  constructor(
    { name, captures, locals, limits }: LineProbe,
    { tracer: { provider, str, u32 }, time, onHit, mayStop }: HitsOptions,
  ) {
    const [, event = ''] = name.split(':');
    const names = [...captures.map((capture) => capture.name), ...(locals === true ? ['locals'] : [])];
    const fields = [['skipped', u32] as const, ...names.map((field) => [field, str] as const)];
    const tracepoint = provider('probe').tracepoint(event, fields) as unknown as (...values: unknown[]) => void;
    this.tracepoints = [tracepoint as (...values: never[]) => void];
    const take = limitedHits(time);
    const textOf = (value: unknown, index: number): string =>
      index < captures.length || value instanceof Unreadable
        ? describeValue(value, limits)
        : describeVariables(value as object, limits);
    const hit = (...values: unknown[]): void => {
      const skipped = take();
      if (skipped < 0) return;
      tracepoint(skipped, ...values.map(textOf));
      onHit();
    };
    Object.defineProperty(hit, 'unreadable', { value: (error: unknown) => new Unreadable(error) });
    Object.defineProperty(hit, 'mayStop', { value: mayStop });
    defineGlobal(this.globalName, hit);
  }

  close(): void {
    removeGlobal(this.globalName);
  }
}
