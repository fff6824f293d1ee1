import type { EventSpec } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import { soon } from '../host/event-loop.ts';
import { makeTracepoint } from '../recorder/code-generation.ts';
import type { Gate, Recorder } from '../recorder/recorder-plan.ts';
import type { SpanEvent } from '../recorder/span-functions.ts';
import type { Site } from '../recorder/tracepoint-function.ts';
import { buildTriggers } from '../recorder/trigger-actions.ts';
import { CurrentSpan } from './current-span.ts';
import { type DeclaredSpan, declaredSpan } from './declared-span.ts';
import type { DesiredRecording } from './desired-recording.ts';
import { SitePlanner } from './site-planner.ts';
import { type EnabledListener, TracepointWatches } from './tracepoint-watches.ts';

const GENERATION = ControlPage.GENERATION / 4;
/** Captured at load: programs may replace these, and how arrays are spread. */
const { apply } = Reflect;
const RangeErrorConstructor = RangeError;

/**
 * The tracepoints of a thread.
 *
 * A tracepoint compares the generation number of the control page with the one that its recorder was made for. Where
 * they differ, it has the desired recording read and its recorder made anew.
 */
export class TracepointSet {
  /** Stands for the control page while there is none. */
  readonly #idlePage = new Uint32Array(GENERATION + 1);
  readonly gate: Gate = {
    page: this.#idlePage,
    inside: 0,
    failed: (error, site) => this.#recordingFailed(error, site as Site),
  };
  readonly #desired: DesiredRecording;
  readonly #onFailure: (error: unknown) => void;
  readonly #planner: SitePlanner;
  readonly #siteOf = new WeakMap<object, Site>();
  readonly #watches = new TracepointWatches((site) => this.#isEnabled(site));
  readonly #currentSpan = new CurrentSpan();
  #sites: Site[] = [];

  /**
   * @param onFailure called with an error that the program is not responsible for; it has to `disable` the tracepoints
   */
  constructor(desired: DesiredRecording, onFailure: (error: unknown) => void) {
    this.#desired = desired;
    this.#onFailure = onFailure;
    this.#planner = new SitePlanner(desired, this.gate, (site) => this.#resolvingRecorder(site));
  }

  get sites(): readonly Site[] {
    return this.#sites;
  }

  /** @returns the function that the application calls */
  add(event: EventSpec): unknown {
    const { site, tracepoint } = this.#add(event);
    Object.defineProperty(tracepoint, 'enabled', { get: () => this.#isEnabled(site) });
    this.#siteOf.set(tracepoint, site);
    return tracepoint;
  }

  /** Adds the two events of a span. */
  addSpan(begin: EventSpec, end: EventSpec): DeclaredSpan {
    const [beginEvent, endEvent] = [this.#add(begin), this.#add(end)];
    const span = declaredSpan({
      begin: beginEvent,
      end: endEvent,
      gate: this.gate,
      current: this.#currentSpan,
      isEnabled: () => this.#isEnabled(beginEvent.site),
      watch: (listener) => this.#watches.add([beginEvent.site], listener),
    });
    this.#siteOf.set(span.begin, beginEvent.site);
    this.#siteOf.set(span.end, endEvent.site);
    return span;
  }

  #add(event: EventSpec): SpanEvent {
    const site: Site = { event, off: 0, on: -1, record: noOperation };
    const tracepoint = makeTracepoint(site, this.gate);
    site.record = this.#resolvingRecorder(site);
    this.#sites.push(site);
    const isWanted = () => this.#isEnabled(site) || this.gate.page[GENERATION] !== site.off;
    return { site, tracepoint, isWanted };
  }

  /** @returns whether any of them was here */
  remove(tracepoints: readonly unknown[]): boolean {
    const gone = new Set<Site>();
    for (const tracepoint of tracepoints) {
      const site = this.#siteOf.get(tracepoint as object);
      if (site === undefined) continue;
      gone.add(site);
      site.on = -1;
      site.record = noOperation;
    }
    this.#sites = this.#sites.filter((site) => !gone.has(site));
    return gone.size > 0;
  }

  get isWatched(): boolean {
    return !this.#watches.isEmpty;
  }

  /** Tells `listener` whether any of these tracepoints is enabled: at once if one is, and whenever that has changed. */
  watch(tracepoints: readonly unknown[], listener: EnabledListener): void {
    const sites = tracepoints
      .map((tracepoint) => this.#siteOf.get(tracepoint as object))
      .filter((site) => site !== undefined);
    this.#watches.add(sites, listener);
  }

  /** Tells the listeners of watched tracepoints about changes of the desired recording. */
  updateWatches(): void {
    this.#watches.update();
  }

  /** Connects the tracepoints to the control page. */
  usePage(page: Uint32Array): void {
    this.gate.page = page;
  }

  /** Ends recording for good. Uses nothing that a program could have replaced. */
  disable(): void {
    this.gate.page = this.#idlePage;
    for (let i = 0; i < this.#sites.length; i++) {
      const site = this.#sites[i] as Site;
      site.off = 0;
      site.record = noOperation;
    }
    this.#watches.update();
  }

  /**
   * Reads what daemons have published.
   *
   * @returns false if that has to wait: a recorder runs, or a daemon is writing right now
   */
  reconcile(): boolean {
    return this.gate.inside === 0 && this.#desired.reconcile(this.gate.page[GENERATION] as number);
  }

  #isEnabled(site: Site): boolean {
    const generation = this.gate.page[GENERATION];
    if (generation === site.off) return false;
    if (generation === site.on) return true;
    if (site.record === noOperation) return false;
    return this.#resolve(site) && this.gate.page[GENERATION] !== site.off;
  }

  /** The recorder of a site whose real one has to be made at the next event. */
  #resolvingRecorder(site: Site): Recorder {
    return ((...values: unknown[]) => {
      if (this.gate.inside !== 0) this.#countNested(site);
      else if (this.#resolve(site) && site.on >= 0) apply(site.record, undefined, values);
    }) as Recorder;
  }

  /** Makes the site's recorder for the current generation. @returns false if that has to wait for the next event */
  #resolve(site: Site): boolean {
    if (this.gate.inside !== 0) return false;
    try {
      const generation = this.gate.page[GENERATION] as number;
      if (!this.#desired.reconcile(generation)) return false;
      this.#planner.plan(site, generation, this.#sites);
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  /**
   * Counts an event that was hit inside a recorder and whose own recorder is not current.
   *
   * The running recorder must not lose its rings, so nothing is read anew: the event is counted in the channels and
   * triggers that wanted it at the last reconciliation.
   */
  #countNested(site: Site): void {
    for (const binding of this.#desired.bindings.values()) if (binding.wants(site)) binding.countNested();
    buildTriggers(this.#desired.triggersFor(site.event), site.event).missed();
  }

  /** An exhausted stack is the program's own problem, and passes: the event then counts as nested. */
  #recordingFailed(error: unknown, site: Site): void {
    this.gate.inside = 0;
    if (error instanceof RangeErrorConstructor) soon(() => this.#countNested(site));
    else this.#onFailure(error);
  }
}

function noOperation(): void {}
