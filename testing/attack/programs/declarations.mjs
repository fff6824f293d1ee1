// Registers threads with hostile declarations, rings and descriptors: node declarations.mjs RUNDIR HOME BAIT SEED COUNT
//
// Every message has to be answered, or its connection to be closed with a reason. The report is a line of JSON on standard output.
import { APP_FRAME_BYTES_MAX } from '@ringtail/protocol';
import { damagedBytes, randomOf } from '../../fuzz/mutate.mjs';
import {
  closeDescriptor,
  frameOf,
  HostileThread,
  posix,
  registration,
  soundControlFile,
  wrongDescriptors,
} from './hostile-thread.mjs';
import { damagedJson, hostileValue } from './hostile-values.mjs';

const [runDirectory, home, , seed, count] = process.argv.slice(2);
const MESSAGES_A_THREAD = 12;
const DEPTH_MAX = 4;

const report = { seed: Number(seed), declarations: 0, threads: 0, declared: 0, refused: {}, cut: {}, problems: [] };
/** Ends any frame that is begun, with bytes that are no JSON, and begins one that is too long. */
const FILL = Buffer.alloc(APP_FRAME_BYTES_MAX + 8, 0xff);
/** An event whose identifier is asked for after each message. */
const MARK = { name: 'attack:mark', logLevel: 6, fields: [] };

const wrong = wrongDescriptors(home);

for (let index = 0; report.declarations < Number(count) && report.problems.length < 20; index++) {
  const random = randomOf(Number(seed), index);
  const thread = new HostileThread(runDirectory);
  try {
    if (random.below(4) === 0) registerWrongly(random, thread);
    else attackRegistered(random, thread);
  } catch (error) {
    report.problems.push(`thread ${index}: ${error.stack}`);
  }
  if (thread.refusal !== undefined) countIn(report.cut, thread.refusal.message);
  thread.close();
  report.threads++;
}
console.log(JSON.stringify(report));

/** Words of a message without its numbers and names, so that equal ones are counted together. */
function countIn(counts, message) {
  const kind = message
    .replace(/\d+/g, 'N')
    .replace(/"[^"]*"/g, '""')
    .slice(0, 80);
  counts[kind] = (counts[kind] ?? 0) + 1;
}

function registerWrongly(random, thread) {
  report.declarations++;
  if (random.below(2) === 0) {
    // A sound message with a descriptor that is none, or with none at all.
    const fd = random.below(8) === 0 ? null : random.pick(wrong)();
    thread.send(frameOf(registration()), fd);
    if (fd !== null) closeDescriptor(fd);
  } else {
    const fd = soundControlFile();
    const frame = frameOf(damagedJson(random, registration()));
    const isCut = random.below(4) === 0;
    thread.send(isCut ? damagedBytes(random, frame, frame) : frame, fd);
    posix.closeFd(fd);
    // Where the beginning of a frame is all that came, the daemon waits for the rest of it.
    if (isCut) thread.send(FILL);
  }
  // Whatever was taken before: this is not.
  thread.send(FILL.subarray(0, 4));
  while (thread.answer() !== undefined) {
    if (thread.refusal !== undefined) return;
  }
}

function attackRegistered(random, thread) {
  if (!thread.register()) throw new Error(`a sound registration was refused: ${thread.refusal?.message}`);
  const keys = [...thread.desiredChannels().map(({ key }) => key), 0, 2 ** 40];
  const messages = 1 + random.below(MESSAGES_A_THREAD);
  for (let i = 0; i < messages && thread.refusal === undefined; i++) {
    report.declarations++;
    const message = oneMessage(random, keys);
    const fd = message.type === 'ring' || random.below(20) === 0 ? random.pick(wrong)() : null;
    thread.send(frameOf(random.below(3) === 0 ? damagedJson(random, message) : message), fd);
    if (fd !== null) closeDescriptor(fd);
    // Whatever was not answered before: this is.
    thread.send(frameOf(declaration(keys[0], [MARK])));
    readUntilMark(thread);
  }
}

function readUntilMark(thread) {
  // A declaration of our own may have been answered before the mark's; the next one then reads that.
  const answer = thread.answer();
  if (answer?.type === 'declared') report.declared++;
  if (answer?.type !== 'refused') return;
  countIn(report.refused, answer.message);
  // A refusal of a declaration leaves the connection as it is.
  if (answer.code === 'NO_CHANNEL' || answer.code === 'METADATA_NOT_WRITTEN') thread.refusal = undefined;
}

function declaration(channel, events) {
  return { type: 'declare', channel, events };
}

function oneMessage(random, keys) {
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
          { index: random.below(20_000), map: random.below(5), key: String(hostileValue(random)), start: 2 ** 53 - 1 },
        ],
      };
    case 5:
      return { type: 'alive', turn: random.below(100) };
    case 6:
      return { type: 'goodbye', exitCode: random.below(256), exception: random.pick([null, 'x'.repeat(100_000)]) };
    case 7:
      return random.pick([registration(), { type: 'unable', protocol: 3, procname: 'x', reason: 'y' }]);
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
  // Each is made when it is picked: to make all of them is endless.
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
