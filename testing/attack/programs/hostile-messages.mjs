// Valid but unusual messages of an application.
import { APP_PROTOCOL_VERSION } from '@ringtail/protocol';
import { registration } from './hostile-thread.mjs';
import { hostileValue } from './hostile-values.mjs';

const DEPTH_MAX = 4;

export function declaration(channel, events) {
  return { type: 'declare', channel, events };
}

/** Any message of a registered thread. A message about a channel names one of these. */
export function oneMessage(random, keys) {
  const channel = random.pick(keys);
  const name = () =>
    random.below(50) === 0
      ? random.pick(['a:"', `a:${'x'.repeat(300)}`])
      : random.pick(['witness:step', `attack:e${random.below(1000)}`]);
  switch (random.below(12)) {
    case 0:
      return { type: 'ring', channel, bytes: random.pick([1, 4096, 2 ** 31 - 1, 16_781_312]) };
    case 1:
      return {
        type: 'trouble',
        channel: random.pick([null, channel]),
        code: String(hostileValue(random)),
        message: name(),
      };
    case 2: {
      const tracepoints = Array.from({ length: random.pick([1, 5, 200]) }, () => ({
        name: name(),
        logLevel: random.below(256),
        fields: [],
      }));
      return { type: 'tracepoints', tracepoints };
    }
    case 3:
      return {
        type: 'trigger-matched',
        trigger: random.below(10),
        matches: random.pick([0, 2 ** 53 - 1]),
        discarded: 1,
        captures: [hostileValue(random)],
      };
    case 4:
      return {
        type: 'counters',
        counters: [
          {
            index: random.below(40_000),
            group: random.below(5),
            key: String(hostileValue(random)),
            start: 2 ** 53 - 1,
          },
        ],
      };
    case 5:
      return { type: 'alive', turn: random.below(100) };
    case 6:
      return { type: 'goodbye', exitCode: random.below(256), exception: random.pick([null, 'x'.repeat(100_000)]) };
    case 7:
      return random.pick([
        registration(),
        { type: 'unable', protocol: APP_PROTOCOL_VERSION, program: 'x', reason: 'y' },
      ]);
    default: {
      const events = Array.from({ length: random.pick([1, 1, 3, 50]) }, () => ({
        name: name(),
        logLevel: random.below(15),
        fields: fields(random, 0),
      }));
      return declaration(channel, events);
    }
  }
}

function fields(random, depth) {
  const odd = () => String(hostileValue(random)).slice(0, 300);
  return Array.from({ length: random.pick([0, 1, 2, 8]) }, (_, i) => ({
    name: random.pick([
      `f${i}`,
      `f${i}`,
      `_f${i}`,
      `_f${i}_length`,
      'event',
      'struct',
      random.below(10) === 0 ? odd() : '__proto__',
    ]),
    spec: spec(random, depth),
  }));
}

function spec(random, depth) {
  const inner = () => (depth < DEPTH_MAX ? spec(random, depth + 1) : { kind: 'string' });
  const integer = () => ({
    kind: 'integer',
    signed: random.below(2) === 0,
    bits: random.pick([8, 16, 32, 64]),
    base: random.pick([2, 8, 10, 16]),
  });
  const ranges = () => [
    [String(hostileValue(random)), '0', '1'],
    ['B', '5', random.pick(['2', '18446744073709551616'])],
  ];
  // Made on selection, since making all of them would not end.
  return random.pick([
    integer,
    () => ({ kind: 'float', bits: random.pick([32, 64]) }),
    () => ({ kind: random.pick(['boolean', 'string', 'text', 'bytes', 'dynamic']) }),
    () => ({ kind: 'enumeration', container: integer(), ranges: ranges() }),
    () => ({ kind: 'array', element: inner(), length: random.pick([0, 1, 1000, 65_536]) }),
    () => ({ kind: 'sequence', element: inner() }),
    () => ({ kind: 'structure', members: depth < DEPTH_MAX ? fields(random, depth + 1) : [] }),
    () => ({ kind: 'optional', content: inner() }),
    () => ({ kind: 'filter-only', content: inner() }),
  ])();
}
