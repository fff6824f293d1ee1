import type { Tool } from '../tools.ts';
import type { Trigger } from './triggers.ts';

/** Content of one notification. */
export interface Told {
  readonly trigger: string;
  /** Number of occurrences: Ringtail sums fast ones. */
  readonly occurrences: number;
  /** In the order of the request; an unavailable value is null. */
  readonly captures: readonly unknown[];
  /** Used bytes of a ring, or recorded bytes of a session. */
  readonly bytes?: number;
  /** The directory of an archive. */
  readonly archive?: string;
}

/** A tool with a program that emits events and a subscriber to all triggers. */
export interface Side {
  readonly tool: Tool;
  readonly name: 'lttng' | 'ringtail';
  /** lttng-sessiond 2.13.9 crashes when a session is destroyed after a trigger on its rotations was removed. */
  readonly destroysFirst: boolean;
  /** Process identifier of the program. */
  readonly pid: number;
  /** All notifications so far. */
  readonly told: readonly Told[];
  /** @see emitter.c */
  emit(event: string, n: number): Promise<void>;
  addTrigger(trigger: Trigger): Promise<void>;
  removeTrigger(name: string): Promise<void>;
  /** Number of failures of each action of a trigger. */
  failures(name: string): Promise<readonly number[]>;
  end(): Promise<void>;
}

const POLL_MS = 5;
/** After the first failed wait, the comparison reports further failures soon. */
const IMPATIENT_MS = 5000;
/** A limit against hanging. */
let hangMs = 150_000;

/**
 * Waits until `condition` returns a value.
 *
 * @param waitMs limit of a wait that may be in vain
 * @returns undefined if it does not within the limit
 */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  waitMs?: number,
): Promise<T | undefined> {
  const end = performance.now() + (waitMs ?? hangMs);
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      if (waitMs === undefined) hangMs = IMPATIENT_MS;
      return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Number of notifications of a trigger. */
export function toldOf({ told }: Side, trigger: string): number {
  return told.filter((one) => one.trigger === trigger).length;
}

/** Runs command lines that have to succeed. */
export async function succeed({ tool, name }: Side, ...lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const { exitCode, stdout, stderr } = await tool.run(line);
    if (exitCode !== 0) throw new Error(`${name} ${line}: ${exitCode} ${stdout}${stderr}`);
  }
}
