// Encoders of events with and without the check of each value, called with the same arguments, in turn.
import { emitEventEncoder } from '@ringtail/ctf';
import { printJson, STRINGS } from './loops.mjs';

const FIELDS = 8;
const CALLS = 200_000;
const ROUNDS = 15;
const BYTES = 4096;

const integer = (bits, signed) => ({ kind: 'integer', bits, signed, base: 10 });
const KINDS = {
  u8: [integer(8, false), (i) => i],
  u32: [integer(32, false), (i) => i * 1000],
  i32: [integer(32, true), (i) => 1000 - i * 1000],
  'u64 of a number': [integer(64, false), (i) => i * 2 ** 33],
  f64: [{ kind: 'float', bits: 64 }, (i) => i / 3],
  bool: [{ kind: 'boolean' }, (i) => i % 2 === 0],
  str: [{ kind: 'string' }, (i) => STRINGS[i]],
};

/** Each encoder and each loop is text of its own: otherwise V8's type feedback for one affects the others. */
function loopAround(spec, values, wrongValues) {
  const names = Array.from({ length: FIELDS }, (_, i) => `a${i}`);
  const fields = names.map((name) => ({ name, spec }));
  const source = emitEventEncoder(fields, names, '', wrongValues);
  const body = `
    const u8 = new Uint8Array(${BYTES}), dv = new DataView(u8.buffer);
    let p = 0;
    const encode = (${names.join(', ')}) => {
      ${source.prepare}
      if (p + ${source.sizeMax} > ${BYTES}) p = 0;
      ${source.write}
    };
    return (calls) => {
      for (let i = 0; i < calls; i++) encode(${names.map((_, field) => `values[(i + ${field}) & 63]`).join(', ')});
      return u8;
    };`;
  return new Function('values', ...source.constants.keys(), body)(values, ...source.constants.values());
}

/** CPU time, which other work of the machine hardly changes. */
function cpuNsOf(loop) {
  const before = process.cpuUsage();
  loop(CALLS);
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

const results = {};
for (const [name, [spec, toValue]] of Object.entries(KINDS)) {
  const values = Array.from({ length: 64 }, (_, i) => toValue(i));
  let wrong = 0;
  const loops = {
    checked: loopAround(spec, values, () => () => wrong++),
    unchecked: loopAround(spec, values, undefined),
  };
  for (const loop of Object.values(loops)) loop(CALLS);
  const nsPerField = { checked: [], unchecked: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, loop] of Object.entries(loops)) {
      nsPerField[kind].push(cpuNsOf(loop) / (CALLS * FIELDS));
    }
  }
  if (wrong > 0) throw new Error(`${name}: the values fit, and ${wrong} were found wrong`);
  results[name] = nsPerField;
}
printJson(results);
