// Registers threads with hostile declarations, rings and descriptors: node declarations.mjs RUNDIR HOME BAIT SEED COUNT
//
// The daemon has to answer every message, or to close its connection with a reason. The report is a line of JSON on
// standard output.
import { APP_FRAME_BYTES_MAX } from '@ringtail/protocol';
import { damagedBytes, randomOf } from '../../fuzz/mutate.mjs';
import { declaration, oneMessage } from './hostile-messages.mjs';
import {
  closeDescriptor,
  HostileThread,
  posix,
  registration,
  soundControlFile,
  wrongDescriptors,
} from './hostile-thread.mjs';
import { damagedJson, frameOf } from './hostile-values.mjs';

const [runDirectory, home, , seed, count] = process.argv.slice(2);
const MESSAGES_A_THREAD = 12;

const report = { seed: Number(seed), declarations: 0, threads: 0, declared: 0, refused: {}, cut: {}, problems: [] };
/** Ends any incomplete frame with bytes that are not JSON, and begins a frame that is too long. */
const FILL = Buffer.alloc(APP_FRAME_BYTES_MAX + 8, 0xff);
/** An event that is declared after each message, to see whether the connection still works. */
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

/** The message without numbers and names, so that equal ones are counted together. */
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
    // A valid message with a wrong descriptor or without one.
    const fd = random.below(8) === 0 ? null : random.pick(wrong)();
    thread.send(frameOf(registration()), fd);
    if (fd !== null) closeDescriptor(fd);
  } else {
    const fd = soundControlFile();
    const frame = frameOf(damagedJson(random, registration()));
    // If only the beginning of a frame has arrived, the daemon waits for the rest.
    thread.send(random.below(4) === 0 ? Buffer.concat([damagedBytes(random, frame, frame), FILL]) : frame, fd);
    posix.closeFd(fd);
  }
  // Even if the message before was accepted, this one is not.
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
    // Even if the message before got no answer, this one does.
    thread.send(frameOf(declaration(keys[0], [MARK])));
    readUntilMark(thread);
  }
}

function readUntilMark(thread) {
  // The answer to an earlier declaration may come first; the next read then gets the mark's.
  const answer = thread.answer();
  if (answer?.type === 'declared') report.declared++;
  if (answer?.type !== 'refused') return;
  countIn(report.refused, answer.message);
  // A refused declaration does not end the connection.
  if (answer.code === 'NO_CHANNEL' || answer.code === 'METADATA_NOT_WRITTEN') thread.refusal = undefined;
}
