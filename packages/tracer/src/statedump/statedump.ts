import { getHeapStatistics } from 'node:v8';
import { isMainThread } from 'node:worker_threads';
import { now } from '@ringtail/base/node';
import { ControlPage } from '@ringtail/protocol';
import type { ChannelBinding } from '../channel/channel-binding.ts';
import { later } from '../host/event-loop.ts';
import { buildRecorder } from '../recorder/closure-recorder.ts';
import type { Gate, Recorder, RecorderTarget } from '../recorder/recorder-plan.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { PackageSearch } from './package-search.ts';
import { HEAP_FIGURES, STATEDUMP_SITE_LIST, STATEDUMP_SITES } from './statedump-events.ts';

const ARGUMENTS_MAX = 256;
const TEXT_LENGTH_MAX = 4096;
/**
 * Age of a thread at which its first imports are loaded. A dump of a younger thread looks for packages again at this
 * age.
 */
const SETTLED_AFTER_MS = 1000;

export type ProviderCounts = ReadonlyMap<string, number>;

/**
 * Records the state of this thread into some channels, for traces that begin in the middle of a program's life.
 *
 * The cheap part is recorded at once, since a program may never return to its event loop. The rest follows in short
 * turns of timers that do not keep the program alive. A program that ends before leaves a dump without its `end`.
 */
export class Statedump {
  readonly #channels: readonly ChannelBinding[];
  readonly #gate: Gate;
  readonly #isLive: () => boolean;
  /** Valid within one turn: channels may be retired between turns. */
  #recorders = new Map<Site, Recorder | null>();
  readonly #packages = new PackageSearch({
    nowMs: now,
    later: (delayMs, act) => this.#later(delayMs, act),
    onFound: ({ name, version, path }) => this.#record(STATEDUMP_SITES.module, name, version, path),
  });

  /**
   * @param gate the thread's: an event that a context callback emits counts as nested here too
   * @param isLive whether the thread still records
   */
  constructor(channels: readonly ChannelBinding[], gate: Gate, isLive: () => boolean) {
    this.#channels = channels;
    this.#isLive = isLive;
    this.#gate = {
      // A page whose generation never changes: a dump's recorders live for one turn.
      page: new Uint32Array(ControlPage.GENERATION / 4 + 1),
      failed: gate.failed,
      get inside() {
        return gate.inside;
      },
      set inside(value) {
        gate.inside = value;
      },
    };
  }

  /** Must not be called in the middle of an event. */
  begin(providers: ProviderCounts): void {
    this.#record(STATEDUMP_SITES.start);
    if (isMainThread) this.#recordProcess();
    this.#recordHeap();
    for (const [name, count] of providers) this.#record(STATEDUMP_SITES.provider, name, count);
    this.#later(0, () => this.#packages.run(() => this.#recordHandles()));
  }

  #recordHandles(): void {
    const counts = new Map<string, number>();
    // Runtimes that only resemble Node.js lack it.
    for (const type of process.getActiveResourcesInfo?.() ?? []) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) this.#record(STATEDUMP_SITES.handle, type, count);
    const youngFor = SETTLED_AFTER_MS - now();
    const end = () => this.#record(STATEDUMP_SITES.end, this.#packages.leftOut);
    if (youngFor <= 0) end();
    else this.#later(youngFor, () => this.#packages.run(end));
  }

  #recordProcess(): void {
    this.#record(
      STATEDUMP_SITES.process,
      process.pid,
      process.ppid,
      process.getuid?.() ?? 0,
      process.getgid?.() ?? 0,
      workingDirectory(),
      process.argv.slice(0, ARGUMENTS_MAX).map((argument) => argument.slice(0, TEXT_LENGTH_MAX)),
      process.execPath,
      process.versions.node,
    );
  }

  #recordHeap(): void {
    const statistics = getHeapStatistics() as unknown as Readonly<Record<string, number>>;
    this.#record(STATEDUMP_SITES.heap, ...HEAP_FIGURES.map((name) => statistics[name] ?? 0));
  }

  #later(delayMs: number, act: () => void): void {
    later(delayMs, () => {
      this.#recorders = new Map();
      if (this.#isLive()) act();
      this.#recorders = new Map();
    });
  }

  #record(site: Site, ...values: readonly unknown[]): void {
    let recorder = this.#recorders.get(site);
    if (recorder === undefined) {
      recorder = this.#recorderOf(site);
      this.#recorders.set(site, recorder);
    }
    (recorder as ((...values: readonly unknown[]) => void) | null)?.(...values);
  }

  #recorderOf(site: Site): Recorder | null {
    const targets: RecorderTarget[] = [];
    for (const channel of this.#channels) {
      if (!channel.wants(site)) continue;
      const target = channel.target(site, STATEDUMP_SITE_LIST);
      if (target === 'later') channel.countDiscarded();
      else if (target !== 'never') targets.push(target);
    }
    if (targets.length === 0) return null;
    return buildRecorder({
      event: site.event,
      targets,
      triggers: [],
      gate: this.#gate,
      site: { on: 0 },
      stale: () => {},
    });
  }
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    // It has been removed.
    return '';
  }
}
