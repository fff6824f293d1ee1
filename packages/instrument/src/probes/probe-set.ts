import type { Tracer } from '../instrument.ts';
import { type DebuggerSession, type Script, SHARED } from './debugger-session.ts';
import { PlacedProbe } from './placed-probe.ts';
import type { Probe, ProbedThread } from './probe.ts';
import { ScriptEdits } from './script-edits.ts';
import type { ReadText } from './source-map.ts';
import type { Time } from './time.ts';

const TICK_MS = 1000;

/** The debugger of this thread, while there are probes. */
interface Open {
  readonly session: DebuggerSession;
  readonly edits: Map<string, ScriptEdits>;
  readonly endTicks: () => void;
}

interface ProbeSetOptions {
  readonly tracer: Tracer;
  readonly thread: ProbedThread;
  readonly time: Time;
  readonly readText: ReadText;
  readonly openSession: (replaced?: ReadonlySet<string>) => DebuggerSession;
}

/** All probes of this thread. Without probes, the thread has no debugger. */
export class ProbeSet {
  readonly #options: ProbeSetOptions;
  readonly #probes = new Map<string, PlacedProbe>();
  /** Removed probes that are still in suspended functions. */
  readonly #leaving = new Set<PlacedProbe>();
  #open: Open | undefined;
  /** What the last debugger has left. */
  #replaced: ReadonlySet<string> | undefined;

  constructor(options: ProbeSetOptions) {
    this.#options = options;
  }

  /** Places these probes and removes all others. @throws {Error} if the thread cannot have probes */
  update(wanted: readonly Probe[]): void {
    const keys = new Set(wanted.map(keyOf));
    for (const [key, probe] of this.#probes) {
      if (keys.has(key)) continue;
      this.#probes.delete(key);
      this.#leaving.add(probe);
      probe.close();
    }
    const nowMs = this.#options.time.dateMs();
    for (const probe of wanted) {
      const known = this.#probes.get(keyOf(probe));
      if (known !== undefined) known.expiresAtMs = probe.expiresAtMs;
      else if (probe.expiresAtMs > nowMs) this.#add(probe);
    }
    this.#closeIfEmpty();
  }

  #add(probe: Probe): void {
    this.#open ??= this.#opened();
    const { session, edits } = this.#open;
    const editsOf = (script: Script): ScriptEdits => {
      const known = edits.get(script.id) ?? new ScriptEdits(session, script, () => this.#renew(script));
      edits.set(script.id, known);
      return known;
    };
    const { tracer, thread, time, readText } = this.#options;
    const sourceOf = (script: Script): string => edits.get(script.id)?.source ?? session.sourceOf(script);
    const options = { tracer, thread, time, session, editsOf, sourceOf, readText };
    this.#probes.set(keyOf(probe), new PlacedProbe(probe, options));
  }

  #opened(): Open {
    const { time, openSession } = this.#options;
    const session = openSession(this.#replaced);
    session.listen((script) => {
      for (const probe of this.#probes.values()) probe.place(script);
    });
    return { session, edits: new Map(), endTicks: time.everyMs(TICK_MS, () => this.#tick()) };
  }

  #renew(script: Script): void {
    for (const probe of this.#probes.values()) probe.renew(script);
  }

  #tick(): void {
    if (this.#probes.size > 0 && this.#open?.session.isShared === true) {
      this.update([]);
      this.#options.thread.report('NO_PROBES', `the program has no probes any more: ${SHARED}`);
    }
    const nowMs = this.#options.time.dateMs();
    for (const probe of this.#probes.values()) probe.tick(nowMs);
    this.#closeIfEmpty();
  }

  #closeIfEmpty(): void {
    for (const probe of this.#leaving) if (probe.isGone) this.#leaving.delete(probe);
    const isEmpty = this.#leaving.size === 0 && [...this.#probes.values()].every((probe) => probe.isGone);
    if (this.#open === undefined || !isEmpty) return;
    this.#open.endTicks();
    this.#replaced = this.#open.session.close();
    this.#open = undefined;
  }
}

/** Probes that differ in their end alone are one. */
function keyOf(probe: Probe): string {
  return JSON.stringify({ ...probe, expiresAtMs: null });
}
