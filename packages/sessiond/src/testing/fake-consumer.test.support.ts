/**
 * A consumer daemon for tests: answers everything, and writes down what it is asked.
 *
 * In the run directory: `asked` has one line of JSON per command, with the process that got it. A file `kill-at` names
 * a command type at which it kills itself, once; `refuse` one that it refuses, and behind a space the code with which
 * (NOT_WRITTEN by default); `hold` one that it does not answer before the file is gone; `broken` makes it end at once.
 */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runDirectoryAt } from '@ringtail/posix';
import {
  CONSUMER_FRAME_BYTES_MAX,
  type ConsumerCommand,
  type ConsumerReply,
  type ConsumerRequest,
  encodeFrame,
  FrameDecoder,
  type SessionStatistics,
} from '@ringtail/protocol';

export interface Asked {
  readonly pid: number;
  readonly command: ConsumerCommand;
  /** The first bytes of the ring, for `open-ring`. */
  readonly ringText?: string;
}

const runDirectory = process.argv[process.argv.indexOf('--rundir') + 1] as string;
const fileIn = (name: string) => join(runDirectory, name);

if (existsSync(fileIn('broken'))) {
  process.stderr.write('Error: the fake consumer is broken\n');
  process.exit(7);
}

const ANSWERED_WITH_NOTHING: readonly ConsumerCommand['type'][] = [
  'open-trace',
  'open-channel',
  'declare-events',
  'open-ring',
  'count-closed-traces',
  'remove-checkpoints',
];

const decoder = new FrameDecoder(CONSUMER_FRAME_BYTES_MAX);
const socket = connect(runDirectoryAt(runDirectory).consumerSocket);
socket.on('close', () => process.exit(0));
socket.on('data', (chunk) => {
  for (const message of decoder.push(chunk)) {
    const { id, command } = message as ConsumerRequest;
    write(command);
    if (wordIn('kill-at') === command.type) {
      rmSync(fileIn('kill-at'));
      process.kill(process.pid, 'SIGKILL');
    }
    whenReleased(command, () => socket.write(encodeFrame(replyTo(id, command), CONSUMER_FRAME_BYTES_MAX)));
  }
});

function whenReleased(command: ConsumerCommand, answer: () => void): void {
  if (wordIn('hold') === command.type) setTimeout(() => whenReleased(command, answer), 5);
  else answer();
}

function write(command: ConsumerCommand): void {
  const asked: Asked = { pid: process.pid, command };
  const path = command.type === 'open-ring' && 'path' in command.source ? command.source.path : undefined;
  const line = path === undefined ? asked : { ...asked, ringText: firstBytesOf(path) };
  appendFileSync(fileIn('asked'), `${JSON.stringify(line)}\n`);
}

function firstBytesOf(path: string): string {
  const descriptor = openSync(path, 'r+');
  const bytes = Buffer.alloc(8);
  readSync(descriptor, bytes, 0, bytes.length, 0);
  closeSync(descriptor);
  return bytes.toString('latin1').replace(/\0+$/, '');
}

function replyTo(id: number, command: ConsumerCommand): ConsumerReply {
  const [refused, code = 'NOT_WRITTEN'] = wordIn('refuse')?.split(' ') ?? [];
  if (refused === command.type) return { id, ok: false, code, message: 'refused by the test' };
  if (command.type === 'channel-use') {
    const use = { usedBytes: 600, highestBytes: 600, ringBytes: 1000 };
    return { id, ok: true, result: command.channels.map((channel) => ({ channel, ...use })) };
  }
  const answersNothing = ANSWERED_WITH_NOTHING.includes(command.type);
  return { id, ok: true, result: answersNothing ? null : statistics() };
}

function statistics(): SessionStatistics {
  return {
    eventsRecorded: 42,
    eventsDiscarded: 0,
    eventsFailed: 0,
    eventsNested: 0,
    eventsLost: 0,
    packetsLost: 0,
    packets: 1,
    bytes: 4096,
    dataStreams: 1,
    programsNotRecorded: 0,
    wrongValues: [],
    troubles: [],
  };
}

function wordIn(name: string): string | undefined {
  const path = fileIn(name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
