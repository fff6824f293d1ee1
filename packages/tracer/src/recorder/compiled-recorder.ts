import { type EncoderSource, emitEventEncoder, Scratch } from '@ringtail/ctf';
import { ControlPage } from '@ringtail/protocol';
import { COMMIT_CHECK_FACTOR, Descriptor, ProducerLine, publishesWithAtomics } from '@ringtail/ringbuf';
import type { ContextSource } from '../context/context-source.ts';
import { emitCondition } from './condition.ts';
import { contextGroups } from './context-groups.ts';
import { HEADER_LAYOUTS } from './event-header.ts';
import type { Recorder, RecorderPlan, RecorderTarget } from './recorder-plan.ts';
import { emitTriggers } from './trigger-code.ts';
import { WrongValueLog } from './wrong-values.ts';

/** Shared by all recorders of the thread: only one runs at a time. */
const scratch = new Scratch();

const GENERATION = ControlPage.GENERATION / 4;
const BEGUN = ProducerLine.BEGUN / 4;
const RECORDED = ProducerLine.RECORDED / 8;

/**
 * Compiles the recorder of one tracepoint, for all its rings and triggers.
 *
 * The generated function is the hot path: conversions, one clock reading, then for each ring reserve (arithmetic),
 * header, fields, commit. It inlines `RingProducer.commit`, with the store order of the ABI.
 *
 * @throws {EvalError} if the runtime forbids code generation
 */
export function compileRecorder(plan: RecorderPlan): Recorder {
  const names = plan.event.fields.map((_, i) => `a${i}`);
  const wrong = new WrongValueLog(
    plan.event.name,
    plan.targets.map(({ wrongFields }) => wrongFields),
  );
  const encoder = emitEventEncoder(plan.event.fields, names, '', wrong.arguments);
  const contexts = emitContexts(plan.targets, wrong);
  const conditions = emitConditions(plan, names);
  const triggers = emitTriggers(plan.triggers, plan.event, names);
  const clocks = [...new Map(plan.targets.map((target) => [target.clock.name, target.clock])).values()];
  const constants: Record<string, unknown> = { gate: plan.gate, site: plan.site, stale: plan.stale, scratch, wrong };
  for (const [name, value] of encoder.constants) constants[name] = value;
  Object.assign(constants, contexts.constants, conditions.constants, triggers.constants);
  for (const clock of clocks) Object.assign(constants, clock.constants);
  plan.targets.forEach(({ ring }, i) => {
    Object.assign(constants, { [`ring${i}`]: ring, [`dv${i}`]: ring.dv, [`u8_${i}`]: ring.u8 });
    Object.assign(constants, { [`u32_${i}`]: ring.u32, [`f64_${i}`]: ring.f64 });
  });

  const recording =
    plan.targets.length === 0
      ? ''
      : `${forEachTarget(plan, (_, i) => `u32_${i}[${BEGUN}] = 1;`)}
      try {
        ${contexts.prepare}
        ${encoder.prepare}
        ${clocks.map((clock) => `${clock.statement} const t_${clock.name} = ${clock.expression};`).join('\n')}
        ${forEachTarget(plan, (target, i) => emitTarget(target, i, contexts.encoders[i], encoder))}
      } catch {
        ${forEachTarget(plan, (_, i) => `ring${i}.countFailed(); wrong.count(${i});`)}
      }
      ${forEachTarget(plan, (_, i) => `u32_${i}[${BEGUN}] = 0;`)}
      if (!wrong.isEmpty) wrong.clear();
      ${encoder.usesScratch || contexts.usesScratch ? 'scratch.top = 0;' : ''}`;

  const body = `
    return function record(${names.join(', ')}) {
      if (gate.page[${GENERATION}] !== site.on) return stale(${names.join(', ')});
      if (gate.inside !== 0) {
        ${plan.targets.map((_, i) => `ring${i}.countNested();`).join('\n')}
        ${triggers.missed}
        return;
      }
      gate.inside = 1;
      ${conditions.text}
      ${triggers.look}
      ${leaveUnless([conditions.isWanted, triggers.isHit])}
      ${conditions.isWanted === null || plan.triggers.length === 0 ? recording : `if (${conditions.isWanted}) { ${recording} }`}
      ${triggers.act}
      gate.inside = 0;
    };`;
  return new Function(...Object.keys(constants), body)(...Object.values(constants)) as Recorder;
}

function emitTarget(
  target: RecorderTarget,
  i: number,
  context: EncoderSource | undefined,
  encoder: EncoderSource,
): string {
  const encoders = context === undefined ? [encoder] : [context, encoder];
  const layout = HEADER_LAYOUTS[target.header];
  const isShort = target.id < layout.shortIds ? `t - ring${i}.lastTimestamp < ${layout.shortSpan}` : 'false';
  const committed = `ring${i}.d32 + ${Descriptor.COMMITTED / 4}`;
  return `
    {
      const dv = dv${i}, u8 = u8_${i}, t = t_${target.clock.name};
      const short = ${isShort};
      const head = short ? ${layout.shortBytes} : ${layout.longBytes};
      let p = ring${i}.pos, room = true;
      if (p + head + ${encoders.map(({ sizeMax }) => sizeMax).join(' + ')} > ring${i}.limit) {
        const exact = head + ${encoders.map(({ sizeExact }) => sizeExact).join(' + ')};
        if (p + exact > ring${i}.limit) room = ring${i}.makeRoom(exact, t);
        p = ring${i}.pos;
      }
      if (room) {
        if (short) { ${layout.emitShort(target.id)} } else { ${layout.emitLong(target.id)} }
        p += head;
        ${encoders.map(({ write }) => write).join('\n')}
        f64_${i}[ring${i}.d64 + ${Descriptor.LAST_TIMESTAMP / 8}] = t;
        f64_${i}[ring${i}.d64 + ${Descriptor.RECORD_COUNT / 8}] = ++ring${i}.recordedInSubBuf;
        f64_${i}[${RECORDED}] = ++ring${i}.recorded;
        const bytes = p - ring${i}.base;
        f64_${i}[ring${i}.d64 + ${Descriptor.COMMIT_CHECK / 8}] = t + bytes * ${COMMIT_CHECK_FACTOR};
        ${publishesWithAtomics ? `Atomics.store(u32_${i}, ${committed}, bytes);` : `u32_${i}[${committed}] = bytes;`}
        ring${i}.pos = p;
        ring${i}.lastTimestamp = t;
        if (!wrong.isEmpty) wrong.count(${i});
      }
    }`;
}

/** Statements that read and convert the context fields of all targets: each source once, each list of sources once. */
function emitContexts(targets: readonly RecorderTarget[], wrong: WrongValueLog) {
  const { sources, lists, listOf } = contextGroups(targets);
  const constants: Record<string, unknown> = {};
  const names = new Map<ContextSource, string>();
  const prepare: string[] = [];
  sources.forEach((source, i) => {
    names.set(source, `c${i}`);
    if (source.inline === undefined) constants[`context${i}`] = source;
    else Object.assign(constants, source.inline.constants);
    prepare.push(`const c${i} = ${source.inline?.expression ?? `context${i}.read()`};`);
  });
  const encoders = lists.map((list, i) => {
    const fields = list.map(({ field }) => field);
    const values = list.map((source) => names.get(source) as string);
    const encoder = emitEventEncoder(
      fields,
      values,
      `_context${i}`,
      wrong.contexts((target) => listOf[target] === i),
    );
    for (const [name, value] of encoder.constants) constants[name] = value;
    prepare.push(encoder.prepare);
    return encoder;
  });
  return {
    prepare: prepare.join('\n'),
    constants,
    usesScratch: encoders.some((encoder) => encoder.usesScratch),
    encoders: listOf.map((list) => encoders[list]),
  };
}

/**
 * Statements that evaluate the conditions of the targets, and an expression for whether any target wants the event:
 * null if one always does.
 */
function emitConditions(plan: RecorderPlan, names: readonly string[]) {
  const constants: Record<string, unknown> = {};
  const lines = plan.targets.map(({ condition }, i) => {
    if (condition === null) return '';
    const code = emitCondition(condition, plan.event, names, `wanted${i}`, `ring${i}.countFailed();`);
    Object.assign(constants, code.constants);
    return code.text;
  });
  const isUnconditional = plan.targets.some(({ condition }) => condition === null);
  const isWanted = isUnconditional ? null : plan.targets.map((_, i) => `wanted${i}`).join(' || ') || 'false';
  return { text: lines.join('\n'), isWanted, constants };
}

/** A statement that ends the event if none of the expressions is true. Null stands for an expression that always is. */
function leaveUnless(expressions: readonly (string | null)[]): string {
  if (expressions.includes(null)) return '';
  return `if (!(${expressions.join(' || ')})) { gate.inside = 0; return; }`;
}

/** The statements of each target, under its condition if it has one. */
function forEachTarget(plan: RecorderPlan, emit: (target: RecorderTarget, i: number) => string): string {
  return plan.targets
    .map((target, i) => (target.condition === null ? emit(target, i) : `if (wanted${i}) { ${emit(target, i)} }`))
    .join('\n');
}
