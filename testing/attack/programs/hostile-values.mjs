// Values that break programs, and JSON damaged with them. The result depends only on the random numbers, so a seed
// replays it.

/**
 * Stands for `[[[…]]]`, 50,000 levels deep. JSON.parse accepts it; a recursive function may overflow the stack.
 * JSON.stringify does, so `frameOf` writes the text.
 */
const DEEP = '@deep@';
const DEEP_TEXT = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

const NUMBERS = [
  -1,
  0,
  1,
  0.5,
  255,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  2 ** 64,
  1e308,
  -1e308,
];
const TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '/',
  '../../../../etc',
  '.hidden',
  'a/b',
  '\0',
  'a\0b',
  '\n',
  '\x1b[2J',
  '\u202e',
  '\ufffe',
  '\uffff',
  '\ud800',
  '\u{1f600}',
  '"',
  '\\',
  "'; DROP",
  '</name>',
  ']]>',
  '&amp;',
  '=1+1',
  '$(touch attacked)',
  '%s%n',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '*',
  '*'.repeat(255),
  'a*'.repeat(127),
  'x'.repeat(200),
  'x'.repeat(256),
  'é'.repeat(200),
  'x'.repeat(70_000),
  '('.repeat(5000),
  `${'!'.repeat(5000)}1`,
  `1${'+1'.repeat(10_000)}`,
  'a == "*',
  '$ctx.',
  '$app.a:b',
  '18446744073709551616',
  '-9223372036854775809',
  'NaN',
];
const ALL = [null, true, false, [], {}, [[]], DEEP, Array.from({ length: 70_000 }, () => 0), ...NUMBERS, ...TEXTS];
const NAMES = ['__proto__', 'constructor', 'length', '', 'kind', 'type', 'toJSON', 'then'];

/** Bytes of a message, valid or not. */
export function frameOf(message) {
  const text = Buffer.from((JSON.stringify(message) ?? 'null').replaceAll(`"${DEEP}"`, DEEP_TEXT));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text]);
}

export function hostileValue(random, more = []) {
  // A copy, since later damages change inserted values too.
  return structuredClone(random.below(4) === 0 && more.length > 0 ? random.pick(more) : random.pick(ALL));
}

/**
 * A copy of a JSON value with one to three damages.
 *
 * @param more additional values to insert, such as paths
 */
export function damagedJson(random, value, more = []) {
  const holder = { value: structuredClone(value) };
  const damages = 1 + random.below(random.pick([1, 1, 3]));
  for (let i = 0; i < damages; i++) {
    const { parent, key } = random.pick(placesIn(holder));
    switch (random.below(6)) {
      case 0:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else delete parent[key];
        break;
      case 1:
        parent[key] = [parent[key]];
        break;
      case 2:
        if (Array.isArray(parent)) parent.push(structuredClone(parent[key]));
        else setOwn(parent, random.pick(NAMES), structuredClone(parent[key]));
        break;
      default:
        parent[key] = hostileValue(random, more);
    }
    // Whatever the damage, there is a value to damage again.
    if (!('value' in holder)) holder.value = hostileValue(random, more);
  }
  return holder.value;
}

/** Every member and element below a value, up to a bound, since hostile arrays are long and deep. */
function placesIn(holder) {
  const places = [];
  const pending = [{ value: holder, depth: 0 }];
  for (let at = pending.pop(); at !== undefined && places.length < 200; at = pending.pop()) {
    for (const key of Object.keys(at.value).slice(0, 50)) {
      places.push({ parent: at.value, key });
      const inner = at.value[key];
      if (typeof inner === 'object' && inner !== null && at.depth < 20) {
        pending.push({ value: inner, depth: at.depth + 1 });
      }
    }
  }
  return places;
}

/** Also a member called `__proto__`, which JSON can have. */
function setOwn(object, name, value) {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}
