import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requirePeer } from '../peers.ts';
import { isRoot, RINGTAIL } from './harness.ts';

const MIB = 2 ** 20;
const TIB = 2 ** 40;
/** Claimed size of a packet that is mostly a hole. */
const CLAIMED_BYTES = 1100 * MIB;

/** Fewer descriptors than this are too few for Node.js with some helping threads. */
const DESCRIPTORS = 64;
const STREAMS = 1_100;

const METADATA = `/* CTF 1.8 */
typealias integer { size = 32; } := u32;
typealias integer { size = 64; } := u64;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { u32 magic; u32 stream_id; u64 stream_instance_id; }; };
clock { name = c; freq = 1000000000; };
typealias integer { size = 64; map = clock.c.value; } := t64;
stream {
  id = 0;
  packet.context := struct { t64 timestamp_begin; t64 timestamp_end; u64 content_size; u64 packet_size; };
  event.header := struct { t64 timestamp; };
};
event { name = e; stream_id = 0; fields := struct { u32 x; }; };
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringtail-hostile-'));
  chmodSync(root, 0o711);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A packet of one event. @param packetBytes claimed size; default: its real size */
function packet(stream: number, time: number, packetBytes = 60): Buffer {
  const bytes = Buffer.alloc(60);
  bytes.writeUInt32LE(0xc1fc1fc1);
  bytes.writeBigUInt64LE(BigInt(stream), 8);
  bytes.writeBigUInt64LE(BigInt(time), 16);
  bytes.writeBigUInt64LE(BigInt(time), 24);
  bytes.writeBigUInt64LE(60n * 8n, 32);
  bytes.writeBigUInt64LE(BigInt(packetBytes) * 8n, 40);
  bytes.writeBigUInt64LE(BigInt(time), 48);
  bytes.writeUInt32LE(stream, 56);
  return bytes;
}

function writeTrace(name: string, files: Readonly<Record<string, Buffer>>): string {
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'metadata'), METADATA);
  for (const [file, bytes] of Object.entries(files)) writeFileSync(join(directory, file), bytes);
  return directory;
}

/** @param prefix a command that runs the remaining words */
function convert(args: readonly string[], prefix: readonly string[] = []) {
  const [command, ...rest] = [...prefix, process.execPath, RINGTAIL, 'convert', ...args];
  const { status, stdout, stderr } = spawnSync(command!, rest, {
    encoding: 'utf8',
    maxBuffer: 256 * MIB,
    env: { ...process.env, HOME: root, TZ: 'UTC' },
  });
  return { status, stdout, stderr };
}

describe('a trace of more data streams than a process has descriptors', () => {
  const babeltrace = requirePeer('babeltrace2', 'that traces of very many data streams are read as it reads them');
  const limited = ['sh', '-c', `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`];
  let trace: string;

  beforeEach(() => {
    const files = Array.from({ length: STREAMS }, (_, i) => {
      const packets = Array.from({ length: 3 }, (__, k) => packet(i, 1_000_000 * k + 10 * i));
      return [`s_${String(i).padStart(5, '0')}`, Buffer.concat(packets)] as const;
    });
    trace = writeTrace('many', Object.fromEntries(files));
  });

  it.skipIf(babeltrace === undefined)('is printed as babeltrace2 prints it', () => {
    const wanted = spawnSync(babeltrace!, ['--clock-gmt', trace], { encoding: 'utf8', maxBuffer: 256 * MIB });
    expect(wanted.status).toBe(0);
    expect(convert(['--clock-gmt', trace], limited)).toEqual({ status: 0, stdout: wanted.stdout, stderr: '' });
  });

  it('is read into every output, cut by time, and copied', () => {
    for (const args of [
      ['-o', 'csv'],
      ['-o', 'json', '--jobs', '3'],
      ['-o', 'dummy', '--stream-intersection'],
    ]) {
      const { status, stderr } = convert([...args, trace], limited);
      expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
    }
    const whole = join(root, 'whole');
    expect(convert(['-o', 'ctf', '-w', whole, trace], limited)).toMatchObject({ status: 0, stderr: '' });
    const part = join(root, 'part');
    const range = ['--begin', '0.001', '--end', '0.0015'];
    expect(convert(['-o', 'ctf2', '-w', part, ...range, whole], limited)).toMatchObject({ status: 0, stderr: '' });
    // The second packet of each data stream.
    const counts = convert(['-o', 'counter', part], limited).stdout;
    expect(counts).toMatch(new RegExp(`^ +${STREAMS} Event messages$`, 'm'));
    expect(readdirSync(part).length).toBeGreaterThan(1);
  });
});

describe('a sparse file of a tebibyte', () => {
  it('is read up to its hole as a data stream, and the hole is not copied', () => {
    const trace = writeTrace('data', { s_0: Buffer.concat([packet(0, 1), packet(0, 2)]) });
    truncateSync(join(trace, 's_0'), TIB);
    const message = /s_0: packet \d \(at byte 120\): packet-header: the packet begins with 0x0/;
    for (const keepGoing of [[], ['--keep-going']]) {
      const text = convert([...keepGoing, trace]);
      expect(text).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
      expect(text.stdout.trimEnd().split('\n')).toHaveLength(2);
      if (keepGoing.length > 0) expect(text.stderr).toMatch(/no packet begins within the next 256 MiB/);
      const copy = join(root, `copy${keepGoing.length}`);
      expect(convert([...keepGoing, '-o', 'ctf', '-w', copy, trace])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(message),
      });
      expect(statSync(join(copy, 's_0')).size).toBe(120);
    }
  });

  it('is refused as metadata, with its size, and leaves other traces readable with --keep-going', () => {
    writeTrace('sound', { s_0: packet(0, 1) });
    truncateSync(join(writeTrace('sparse', { s_0: packet(0, 1) }), 'metadata'), TIB);
    const message = /sparse\/metadata: the metadata is larger than 64 MiB/;
    expect(convert([root])).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(message) });
    const { status, stdout, stderr } = convert(['--keep-going', root]);
    expect({ status, lines: stdout.split('\n').length }).toEqual({ status: 1, lines: 2 });
    expect(stderr).toMatch(message);
  });

  it('is not read as an index', () => {
    const trace = writeTrace('index', { s_0: packet(0, 1) });
    mkdirSync(join(trace, 'index'));
    writeFileSync(join(trace, 'index', 's_0.idx'), '');
    truncateSync(join(trace, 'index', 's_0.idx'), TIB);
    expect(convert(['--begin', '0', trace])).toMatchObject({ status: 0, stderr: '' });
  });

  it('can be one packet by its header: the content is read, and a copy has the hole', () => {
    const trace = writeTrace('claim', { s_0: packet(0, 1, CLAIMED_BYTES) });
    truncateSync(join(trace, 's_0'), CLAIMED_BYTES);
    const text = convert([trace]);
    expect({ status: text.status, lines: text.stdout.trimEnd().split('\n').length }).toEqual({ status: 0, lines: 1 });
    const copy = join(root, 'copy');
    expect(convert(['-o', 'ctf', '-w', copy, trace])).toMatchObject({ status: 0, stderr: '' });
    const { size, blocks } = statSync(join(copy, 's_0'));
    expect(size).toBe(CLAIMED_BYTES);
    expect(blocks * 512).toBeLessThan(16 * MIB);
  });
});

describe('a directory of traces, for another user', () => {
  const setpriv = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  if (!isRoot) process.stderr.write('NOT TESTED: directories of traces that another user may not read (needs root)\n');

  it.skipIf(!isRoot)('is read except files that the user may not read, which are reported', () => {
    writeTrace('a', { s_0: packet(0, 1), s_1: packet(1, 2) });
    chmodSync(join(root, 'a', 's_1'), 0o600);
    chmodSync(writeTrace('hidden', { s_0: packet(0, 3) }), 0o700);
    chmodSync(root, 0o755);
    const { status, stdout, stderr } = convert([root], setpriv);
    expect({ status, lines: stdout.trimEnd().split('\n').length }).toEqual({ status: 1, lines: 1 });
    expect(stderr).toMatch(/hidden: EACCES/);
    expect(stderr).toMatch(/a\/s_1: EACCES/);
  });
});
