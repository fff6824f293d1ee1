import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Side, type Told, until } from './side.ts';
import type { Condition } from './triggers.ts';

/** Notifying triggers of one scenario. */
export class Watches {
  readonly #side: Side;
  readonly #prefix: string;
  readonly #names: string[] = [];

  /** @param scenario a unique name, since notifications of another scenario may come late */
  constructor(side: Side, scenario: string) {
    this.#side = side;
    this.#prefix = `${scenario}-`;
  }

  async add(name: string, condition: Condition): Promise<void> {
    const full = this.#prefix + name;
    await this.#side.addTrigger({ name: full, condition, actions: [{ kind: 'notify' }] });
    this.#names.push(full);
  }

  /** Waits for this number of notifications of a trigger, and returns all received ones. */
  async told(name: string, occurrences = 1): Promise<readonly Told[]> {
    await until(() => this.of(name).reduce((sum, told) => sum + told.occurrences, 0) >= occurrences);
    return this.of(name);
  }

  /** Notifications of a trigger so far. */
  of(name: string): readonly Told[] {
    return this.#side.told.filter(({ trigger }) => trigger === this.#prefix + name);
  }

  /** The names of triggers, in the order of their notifications. */
  order(): readonly string[] {
    return this.#side.told
      .filter(({ trigger }) => this.#names.includes(trigger))
      .map(({ trigger }) => trigger.slice(this.#prefix.length));
  }

  /** Removes the triggers and all sessions, with the output of the named ones. */
  async end(sessions: readonly string[]): Promise<void> {
    const { tool, destroysFirst } = this.#side;
    if (destroysFirst) await tool.run('destroy --all');
    for (const name of this.#names) await this.#side.removeTrigger(name);
    if (!destroysFirst) await tool.run('destroy --all');
    for (const session of sessions) rmSync(join(tool.directory, session), { recursive: true, force: true });
  }
}
