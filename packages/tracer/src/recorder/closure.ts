import { buildEventEncoder, Scratch } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import { ProducerLine } from '@ringtail/ringbuf';
import type { ContextSource } from '../context/context-source.ts';
import { contextGroups } from './context-groups.ts';
import { HEADER_LAYOUTS } from './event-header.ts';
import type { Recorder, RecorderPlan, RecorderTarget } from './recorder.ts';

const scratch = new Scratch();
const GENERATION = ControlPage.GENERATION / 4;
const BEGUN = ProducerLine.BEGUN / 4;

/**
 * The recorder of one tracepoint made of closures, for runtimes that forbid code generation
 * (`--disallow-code-generation-from-strings`). It does what the compiled one does, several times slower.
 */
export function buildRecorder(plan: RecorderPlan): Recorder {
  const { gate, generation, targets } = plan;
  const encode = buildEventEncoder(plan.event.fields);
  const contexts = buildContexts(targets);
  const stale = plan.stale as (...values: unknown[]) => void;
  return (...values: unknown[]) => {
    if (gate.page[GENERATION] !== generation) {
      stale(...values);
      return;
    }
    if (gate.inside !== 0) {
      for (const { ring } of targets) ring.countNested();
      return;
    }
    gate.inside = 1;
    for (const { ring } of targets) ring.u32[BEGUN] = 1;
    try {
      contexts.encode();
      const payload = scratch.top;
      encode(scratch, values);
      for (let i = 0; i < targets.length; i++) {
        const target = targets[i] as RecorderTarget;
        const list = contexts.listOf[i] as number;
        const start = list === -1 ? 0 : (contexts.ends[list] as number);
        const end = list === -1 ? 0 : (contexts.ends[list + 1] as number);
        writeRecord(target, target.clock.read(), start, end, payload);
      }
    } catch {
      for (const { ring } of targets) ring.countFailed();
    }
    for (const { ring } of targets) ring.u32[BEGUN] = 0;
    scratch.top = 0;
    gate.inside = 0;
  };
}

/** Lays the lists of context fields out in the scratch memory, one behind the other; list n ends at `ends[n + 1]`. */
function buildContexts(targets: readonly RecorderTarget[]) {
  const { sources, lists, listOf } = contextGroups(targets);
  const ends = [0];
  const encoders = lists.map((list) => ({
    encode: buildEventEncoder(list.map(({ field }) => field)),
    places: list.map((source) => sources.indexOf(source)),
  }));
  const encode = () => {
    const values = sources.map((source: ContextSource) => source.read());
    encoders.forEach((encoder, i) => {
      encoder.encode(
        scratch,
        encoder.places.map((place) => values[place]),
      );
      ends[i + 1] = scratch.top;
    });
  };
  return { encode, listOf, ends };
}

/** The context fields lie in the scratch memory from `contextStart` to `contextEnd`, the payload from `payload` on. */
function writeRecord(
  { ring, id, header }: RecorderTarget,
  t: number,
  contextStart: number,
  contextEnd: number,
  payload: number,
): void {
  const layout = HEADER_LAYOUTS[header];
  const short = id < layout.shortIds && t - ring.lastTimestamp < layout.shortSpan;
  const head = short ? layout.shortBytes : layout.longBytes;
  const contextBytes = contextEnd - contextStart;
  const bytes = head + contextBytes + scratch.top - payload;
  if (ring.pos + bytes > ring.limit && !ring.makeRoom(bytes, t)) return;
  if (short) layout.putShort(ring.dv, ring.pos, id, t);
  else layout.putLong(ring.dv, ring.pos, id, t);
  ring.u8.set(scratch.u8.subarray(contextStart, contextEnd), ring.pos + head);
  ring.u8.set(scratch.u8.subarray(payload, scratch.top), ring.pos + head + contextBytes);
  ring.commit(ring.pos + bytes, t);
}
