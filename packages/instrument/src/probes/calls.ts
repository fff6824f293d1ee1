import { identifiers } from '../identifiers.ts';
import type { Tracer } from '../instrument.ts';
import { describeValue, Unreadable } from './describe-value.ts';
import { defineGlobal, type Hook, limitedHits, nextGlobalName, removeGlobal } from './hook.ts';
import type { FunctionProbe } from './probe.ts';
import type { Time } from './time.ts';

const NS_PER_MS = 1_000_000;

interface CallsOptions {
  readonly tracer: Tracer;
  readonly time: Time;
  readonly onHit: () => void;
}

/** What code in the program gets from `begin`, and sets when the function ends. Neither throws. */
interface Call {
  result: unknown;
  error: unknown;
}

/** The calls of a function. Code in the program calls `begin`, and sets `result` or `error` of its value. */
export class Calls implements Hook {
  readonly globalName = nextGlobalName();
  readonly tracepoints: Hook['tracepoints'];

  constructor({ name, limits }: FunctionProbe, { tracer: { provider, str, u32, u64 }, time, onHit }: CallsOptions) {
    const stem = name.replace(/^probe:/, '').replace(/_\*$/, '');
    const begin = provider('probe').tracepoint(`${stem}_begin`, [
      ['call_id', u64],
      ['skipped', u32],
      ['arguments', str],
    ]);
    const end = provider('probe').tracepoint(`${stem}_end`, [
      ['call_id', u64],
      ['duration_ns', u64],
      ['result', str],
      ['error', str],
    ]);
    this.tracepoints = [begin, end];
    const take = limitedHits(time);
    const nextId = identifiers();
    const began = (values: unknown): Call => {
      const skipped = take();
      if (skipped < 0) return NOT_RECORDED;
      const id = nextId();
      begin(id, skipped, describeValue(values, limits));
      onHit();
      const beginMs = time.elapsedMs();
      const ended = (result: string, error: string): void =>
        end(id, Math.round((time.elapsedMs() - beginMs) * NS_PER_MS), result, error);
      return {
        set result(value: unknown) {
          quietly(() => ended(describeValue(value, limits), ''));
        },
        set error(error: unknown) {
          quietly(() => ended('', describeValue(new Unreadable(error), limits)));
        },
      };
    };
    defineGlobal(this.globalName, { begin: (values: unknown) => quietly(() => began(values)) ?? NOT_RECORDED });
  }

  close(): void {
    removeGlobal(this.globalName);
  }
}

const NOT_RECORDED: Call = {
  set result(_: unknown) {},
  set error(_: unknown) {},
};

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
