import { buildEventEncoder, Scratch } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import { ProducerLine } from '@ringtail/ringbuf';
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
      encode(scratch, values);
      for (const target of targets) writeRecord(target, target.clock.read());
    } catch {
      for (const { ring } of targets) ring.countFailed();
    }
    for (const { ring } of targets) ring.u32[BEGUN] = 0;
    scratch.top = 0;
    gate.inside = 0;
  };
}

function writeRecord({ ring, id, header }: RecorderTarget, t: number): void {
  const layout = HEADER_LAYOUTS[header];
  const short = id < layout.shortIds && t - ring.lastTimestamp < layout.shortSpan;
  const head = short ? layout.shortBytes : layout.longBytes;
  const bytes = head + scratch.top;
  if (ring.pos + bytes > ring.limit && !ring.makeRoom(bytes, t)) return;
  if (short) layout.putShort(ring.dv, ring.pos, id, t);
  else layout.putLong(ring.dv, ring.pos, id, t);
  ring.u8.set(scratch.u8.subarray(0, scratch.top), ring.pos + head);
  ring.commit(ring.pos + bytes, t);
}
