import type { Site } from '../recorder/tracepoint-function.ts';

/** Is told whether any tracepoint of its group is enabled, whenever that has changed. Never throws. */
export type EnabledListener = (isEnabled: boolean) => void;

interface Watch {
  readonly sites: readonly Site[];
  readonly listener: EnabledListener;
  isEnabled: boolean;
}

/** Groups of tracepoints whose emitters are installed only while one of the group is enabled. */
export class TracepointWatches {
  readonly #isEnabled: (site: Site) => boolean;
  readonly #watches: Watch[] = [];

  constructor(isEnabled: (site: Site) => boolean) {
    this.#isEnabled = isEnabled;
  }

  get isEmpty(): boolean {
    return this.#watches.length === 0;
  }

  /** Watches a group from now on. Calls the listener at once if one of the group is enabled. */
  add(sites: readonly Site[], listener: EnabledListener): void {
    const watch = { sites, listener, isEnabled: false };
    this.#watches.push(watch);
    this.#update(watch);
  }

  /** Tells each listener whose group has changed. */
  update(): void {
    for (let i = 0; i < this.#watches.length; i++) this.#update(this.#watches[i] as Watch);
  }

  #update(watch: Watch): void {
    let isEnabled = false;
    for (let i = 0; i < watch.sites.length && !isEnabled; i++) isEnabled = this.#isEnabled(watch.sites[i] as Site);
    if (isEnabled === watch.isEnabled) return;
    watch.isEnabled = isEnabled;
    watch.listener(isEnabled);
  }
}
