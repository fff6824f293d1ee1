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
const WAIT_MS_MAX = 15_000;
const IMPATIENT_MS = 1200;

/** Waits until `condition` returns a value; undefined if it does not within `waitMs`. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  waitMs = WAIT_MS_MAX,
): Promise<T | undefined> {
  const end = performance.now() + waitMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** As `until`, but with a short limit after the first failed wait: the comparison then reports the failure soon. */
export function patience(): (condition: () => boolean) => Promise<void> {
  let waitMs = WAIT_MS_MAX;
  return async (condition) => {
    if (!(await until(condition, waitMs))) waitMs = IMPATIENT_MS;
  };
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
