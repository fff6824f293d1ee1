import { buildEventEncoder, Scratch } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import { ProducerLine } from '@ringtail/ringbuf';
import { buildCondition } from './condition.ts';
import { contextGroups } from './context-groups.ts';
import { HEADER_LAYOUTS } from './event-header.ts';
import type { Recorder, RecorderPlan, RecorderTarget } from './recorder-plan.ts';
import { buildTriggers } from './trigger-actions.ts';
import { WrongValueLog } from './wrong-values.ts';

const scratch = new Scratch();
const GENERATION = ControlPage.GENERATION / 4;
const BEGUN = ProducerLine.BEGUN / 4;

/**
 * Builds the recorder of one tracepoint from closures, for runtimes that forbid code generation
 * (`--disallow-code-generation-from-strings`). It does the same as the compiled one, several times slower.
 */
export function buildRecorder(plan: RecorderPlan): Recorder {
  const { gate, site, targets } = plan;
  const wrong = new WrongValueLog(
    plan.event.name,
    targets.map(({ wrongFields }) => wrongFields),
  );
  const encode = buildEventEncoder(plan.event.fields, wrong.arguments);
  const contexts = buildContexts(targets, wrong);
  const conditions = targets.map(({ condition }) => buildCondition(condition, plan.event));
  const triggers = buildTriggers(plan.triggers, plan.event);
  const wanting: RecorderTarget[] = [];
  const stale = plan.stale as (...values: unknown[]) => void;
  return (...values: unknown[]) => {
    if (gate.page[GENERATION] !== site.on) {
      stale(...values);
      return;
    }
    if (gate.inside !== 0) {
      for (const { ring } of targets) ring.countNested();
      triggers.missed();
      return;
    }
    gate.inside = 1;
    wanting.length = 0;
    targets.forEach((target, i) => {
      if (wants(conditions[i] as Condition, target, values)) wanting.push(target);
    });
    const isHit = triggers.look(values);
    for (const { ring } of wanting) ring.u32[BEGUN] = 1;
    try {
      if (wanting.length > 0) {
        contexts.encode();
        const payload = scratch.top;
        encode(scratch, values);
        for (const target of wanting) {
          const isWritten = writeRecord(target, target.clock.read(), contexts.placeOf(target), payload);
          if (isWritten && !wrong.isEmpty) wrong.count(targets.indexOf(target));
        }
      }
    } catch {
      for (const target of wanting) {
        target.ring.countFailed();
        wrong.count(targets.indexOf(target));
      }
    }
    for (const { ring } of wanting) ring.u32[BEGUN] = 0;
    if (!wrong.isEmpty) wrong.clear();
    scratch.top = 0;
    if (isHit) triggers.act();
    gate.inside = 0;
  };
}

type Condition = ReturnType<typeof buildCondition>;

/** Whether a target wants the event. If its filter throws, the event counts as failed there. */
function wants(isWanted: Condition, { ring }: RecorderTarget, values: unknown[]): boolean {
  try {
    return isWanted === null || isWanted(values);
  } catch {
    ring.countFailed();
    return false;
  }
}

/** A part of the scratch memory. */
interface Place {
  start: number;
  end: number;
}

const NOWHERE: Place = { start: 0, end: 0 };

/** Encodes the lists of context fields into the scratch memory, one behind the other. */
function buildContexts(targets: readonly RecorderTarget[], wrong: WrongValueLog) {
  const { sources, lists, listOf } = contextGroups(targets);
  const encoders = lists.map((list, i) => ({
    encode: buildEventEncoder(
      list.map(({ field }) => field),
      wrong.contexts((target) => listOf[target] === i),
    ),
    numbers: list.map((source) => sources.indexOf(source)),
    place: { start: 0, end: 0 },
  }));
  const places = new Map(targets.map((target, i) => [target, encoders[listOf[i] as number]?.place ?? NOWHERE]));
  return {
    encode(): void {
      const values = sources.map((source) => source.read());
      for (const { encode, numbers, place } of encoders) {
        place.start = scratch.top;
        encode(
          scratch,
          numbers.map((number) => values[number]),
        );
        place.end = scratch.top;
      }
    },
    placeOf: (target: RecorderTarget) => places.get(target) as Place,
  };
}

/**
 * Writes one record.
 *
 * @param payload where the payload begins in the scratch memory, behind the context fields
 * @returns whether there was room
 */
function writeRecord({ ring, id, header }: RecorderTarget, t: number, context: Place, payload: number): boolean {
  const layout = HEADER_LAYOUTS[header];
  const short = id < layout.shortIds && t - ring.lastTimestamp < layout.shortSpan;
  const head = short ? layout.shortBytes : layout.longBytes;
  const contextBytes = context.end - context.start;
  const bytes = head + contextBytes + scratch.top - payload;
  if (ring.pos + bytes > ring.limit && !ring.makeRoom(bytes, t)) return false;
  if (short) layout.putShort(ring.dv, ring.pos, id, t);
  else layout.putLong(ring.dv, ring.pos, id, t);
  ring.u8.set(scratch.u8.subarray(context.start, context.end), ring.pos + head);
  ring.u8.set(scratch.u8.subarray(payload, scratch.top), ring.pos + head + contextBytes);
  ring.commit(ring.pos + bytes, t);
  return true;
}
