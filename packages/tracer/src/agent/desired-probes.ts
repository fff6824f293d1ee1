import type { Probe, RecordingRule } from '@ringtail/protocol';

/** A probe that sessions want in this thread, with the name of its event, or with the pattern of its events. */
export type DesiredProbe = Probe & { readonly name: string };

/** Places these probes in the program, and removes all others. Never throws. */
export type ProbeListener = (probes: readonly DesiredProbe[]) => void;

interface Options {
  readonly report: (code: string, message: string) => void;
}

/** Hands the probes of all channels to the listener that places them. */
export class DesiredProbes {
  readonly #report: Options['report'];
  #listener: ProbeListener | undefined;
  #probes: readonly DesiredProbe[] = [];
  #text = '[]';
  #isMissingReported = false;

  constructor({ report }: Options) {
    this.#report = report;
  }

  get isListened(): boolean {
    return this.#listener !== undefined;
  }

  listen(listener: ProbeListener): void {
    this.#listener = listener;
    if (this.#probes.length > 0) listener(this.#probes);
  }

  /** Takes the rules of all channels. */
  update(rules: Iterable<RecordingRule>): void {
    const probes = probesOf(rules);
    const text = JSON.stringify(probes);
    if (text === this.#text) return;
    this.#text = text;
    this.#probes = probes;
    if (this.#listener !== undefined) this.#listener(probes);
    else if (probes.length > 0) this.#reportMissing();
  }

  /** Removes all probes. This works, too, after the program has replaced functions of the language. */
  clear(): void {
    if (this.#probes.length === 0) return;
    this.#probes = [];
    this.#text = '[]';
    this.#listener?.([]);
  }

  #reportMissing(): void {
    if (this.#isMissingReported) return;
    this.#isMissingReported = true;
    this.#report(
      'NO_PROBES',
      'the program has no probes: they need @ringtail/instrument beside the tracer, and a start with ' +
        'node --import @ringtail/tracer/register, without RINGTAIL_INSTRUMENT=0',
    );
  }
}

/** Sessions that want the same probe share it, until the last end. */
function probesOf(rules: Iterable<RecordingRule>): DesiredProbe[] {
  const probes = new Map<string, DesiredProbe>();
  for (const { pattern: name, probe } of rules) {
    if (probe === undefined) continue;
    const key = JSON.stringify([name, { ...probe, expiresAtMs: null }]);
    const last = Math.max(probe.expiresAtMs, probes.get(key)?.expiresAtMs ?? 0);
    probes.set(key, { ...probe, name, expiresAtMs: last });
  }
  return [...probes.values()];
}
