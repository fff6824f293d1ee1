// Damages inputs. The damage depends only on the random numbers, so a seed replays it.

/** Numbers that break lengths, sizes and alignments. */
const NUMBERS = [
  '0',
  '1',
  '2',
  '3',
  '7',
  '8',
  '9',
  '31',
  '32',
  '33',
  '63',
  '64',
  '65',
  '127',
  '128',
  '255',
  '256',
  '4096',
  '32768',
  '65535',
  '65536',
  '2147483647',
  '2147483648',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
  '18446744073709551616',
  '-1',
  '-128',
];

const WORDS = [
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  '(',
  ')',
  ';',
  ';;',
  ',',
  ':',
  ':=',
  '=',
  '.',
  '...',
  '"',
  "'",
  '\\',
  '*',
  '-',
  '+',
  '/*',
  '*/',
  '//',
  '\0',
  '\n',
  'struct',
  'variant',
  'enum',
  'integer',
  'floating_point',
  'string',
  'typealias',
  'typedef',
  'align(32768)',
  'align(3)',
  'const',
  'trace',
  'stream',
  'event',
  'env',
  'clock',
  'callsite',
  'env.n',
  'event.fields.a',
  'stream.event.header.id',
  'trace.packet.header.magic',
  'be',
  'le',
  'native',
  'true',
  'TRUE',
  'utf8',
  'none',
  '__proto__',
  'null',
  'true',
  '{}',
  '[]',
  '"path"',
  '"type"',
  '"roles"',
  '\x1e',
];

const TOKEN = /[A-Za-z_][\w.-]*|\d+|"[^"\n]*"|\s+|[^\s\w]/g;

/** Mulberry32, started from two numbers. */
export function randomOf(seed, index) {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
  const bits32 = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (n) => Math.floor((bits32() / 2 ** 32) * n);
  return { below, pick: (from) => from[below(from.length)] };
}

/**
 * @param traces `{ name, metadata, data }`, both as bytes
 * @returns one of them, with one to eight damages
 */
export function damagedInput(random, traces) {
  // Most of the other traces are small and unusual, and refused sooner.
  const own = traces.filter(({ name }) => name.startsWith('own/'));
  const trace = random.pick(random.below(2) === 0 ? own : traces);
  const other = random.pick(traces);
  let { metadata, data } = trace;
  const damages = 1 + random.below(random.pick([1, 2, 8]));
  for (let i = 0; i < damages; i++) {
    const what = random.below(10);
    if (what < 3) metadata = damagedText(random, metadata, other.metadata);
    else if (what < 4) metadata = damagedBytes(random, metadata, other.metadata);
    else data = damagedBytes(random, data, other.data);
  }
  return { name: trace.name, metadata, data };
}

function damagedText(random, bytes, other) {
  // Latin 1 keeps bytes that are not text, such as packet headers.
  const tokens = Buffer.from(bytes).toString('latin1').match(TOKEN) ?? [];
  const at = random.below(tokens.length + 1);
  switch (random.below(9)) {
    case 0:
      tokens.splice(at, 1 + random.below(4));
      break;
    case 1:
      tokens.splice(at, 0, random.pick(WORDS));
      break;
    case 2:
      tokens.splice(at, 1, random.pick(WORDS));
      break;
    case 3:
    case 4: {
      // The next number from here on.
      const number = tokens.findIndex((token, i) => i >= at && /^\d/.test(token));
      if (number !== -1) tokens[number] = random.pick(NUMBERS);
      break;
    }
    case 5: {
      const length = 1 + random.below(60);
      tokens.splice(at, 0, ...tokens.slice(at, at + length));
      break;
    }
    case 6: {
      const from = random.below(tokens.length + 1);
      tokens.splice(at, 0, ...tokens.slice(from, from + 1 + random.below(30)));
      break;
    }
    case 7: {
      const a = tokens[at] ?? '';
      const swap = random.below(tokens.length + 1);
      tokens[at] = tokens[swap] ?? '';
      tokens[swap] = a;
      break;
    }
    default: {
      const others = Buffer.from(other).toString('latin1').match(TOKEN) ?? [];
      const from = random.below(others.length + 1);
      tokens.splice(at, random.below(10), ...others.slice(from, from + 1 + random.below(80)));
    }
  }
  return Buffer.from(tokens.join(''), 'latin1');
}

export function damagedBytes(random, bytes, other) {
  const result = Buffer.from(bytes);
  const at = random.below(bytes.length + 1);
  const length = 1 + random.below(random.pick([2, 8, 64]));
  const without = (extra) => Buffer.concat([result.subarray(0, at), extra, result.subarray(at)]);
  switch (random.below(8)) {
    case 0:
      if (at < result.length) result[at] ^= 1 << random.below(8);
      return result;
    case 1:
      if (at < result.length) result[at] = random.below(256);
      return result;
    case 2:
      return result.subarray(0, at);
    case 3:
      return Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    case 4:
      return without(Buffer.from(Array.from({ length }, () => random.below(256))));
    case 5:
      return without(result.subarray(at, at + length));
    case 6: {
      // A length or a size.
      const size = random.pick([1, 2, 4, 8]);
      const value = BigInt.asUintN(64, BigInt(random.pick(NUMBERS)) * random.pick([1n, 8n]));
      const word = Buffer.alloc(8);
      if (random.below(2) === 0) word.writeBigUInt64LE(value);
      else word.writeBigUInt64BE(BigInt.asUintN(64, value << BigInt(64 - 8 * size)));
      word.subarray(0, size).copy(result, at);
      return result;
    }
    default: {
      const from = random.below(other.length + 1);
      return without(other.subarray(from, from + length * 4));
    }
  }
}
