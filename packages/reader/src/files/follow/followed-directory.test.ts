import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveReader } from '../../live/live-reader.ts';
import { METADATA, packet } from '../../testing/small-trace.test.support.ts';
import { FollowedDirectory } from './followed-directory.ts';

let root: string;
let reader: LiveReader;
let followed: FollowedDirectory;
let time: number;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-follow-'));
  reader = new LiveReader();
  time = 0;
});

afterEach(() => {
  followed.close();
  fs.rmSync(root, { recursive: true });
});

const trace = () => path.join(root, 'ust', 'uid', '0', '64-bit');

function follow(streamName?: (file: string) => string): void {
  followed = new FollowedDirectory(root, reader, streamName);
}

function writeMetadata(): void {
  fs.mkdirSync(trace(), { recursive: true });
  fs.writeFileSync(path.join(trace(), 'metadata'), METADATA);
}

/** Appends a packet with one event, whose number is its time. */
function append(file: string, stream = 0): void {
  time++;
  fs.appendFileSync(path.join(trace(), file), packet(stream, [{ time, n: time }]));
}

function rotate(name: string): void {
  const archive = path.join(root, 'archives', name);
  fs.mkdirSync(archive, { recursive: true });
  fs.renameSync(path.join(root, 'ust'), path.join(archive, 'ust'));
  writeMetadata();
}

/** The numbers of the events that are new. */
function read(): number[] {
  const numbers: number[] = [];
  followed.scan();
  for (const isQuiet of [false, true]) {
    if (isQuiet) followed.setQuiet({ seconds: 0, nanoseconds: time + 1 });
    for (let next = reader.next(); next.kind === 'item'; next = reader.next()) {
      if (next.item.kind === 'event') numbers.push(Number(next.item.payload?.n));
    }
  }
  return numbers;
}

function readToEnd(): number[] {
  followed.end();
  const numbers = read();
  expect(reader.next()).toEqual({ kind: 'end' });
  return numbers;
}

describe('a followed directory', () => {
  it('has packets as they are written, in files that come and go on', () => {
    follow();
    expect(read()).toEqual([]);
    writeMetadata();
    expect([read(), followed.isEmpty]).toEqual([[], true]);
    append('s_0');
    expect([read(), followed.isEmpty]).toEqual([[1], false]);
    append('s_1', 1);
    append('s_0');
    append('s_1', 1);
    expect(read()).toEqual([2, 3, 4]);
    append('s_0');
    expect(readToEnd()).toEqual([5]);
  });

  it('goes on behind rotations, also with files that were archived before they were seen', () => {
    writeMetadata();
    append('s_0');
    rotate('before');
    follow();
    append('s_0');
    expect(read()).toEqual([2]);
    append('s_0');
    rotate('1');
    append('s_0');
    append('s_1', 1);
    rotate('2');
    append('s_0');
    expect(read()).toEqual([3, 4, 5, 6]);
    rotate('3');
    expect(read()).toEqual([]);
    append('s_1', 1);
    append('s_0');
    rotate('4');
    expect(readToEnd()).toEqual([7, 8]);
  });

  it('reads files of limited size as one data stream', () => {
    follow((file) => file.replace(/_\d+$/, ''));
    writeMetadata();
    append('s_0_0');
    fs.utimesSync(path.join(trace(), 's_0_0'), 1, 1);
    append('s_0_1');
    expect(read()).toEqual([1, 2]);
    append('s_0_1');
    append('s_0_2');
    expect(readToEnd()).toEqual([3, 4]);
  });

  it('waits for the rest of metadata and of a packet', () => {
    follow();
    fs.mkdirSync(trace(), { recursive: true });
    fs.writeFileSync(path.join(trace(), 'metadata'), METADATA.slice(0, -20));
    append('s_0');
    expect(read()).toEqual([]);
    writeMetadata();
    fs.utimesSync(path.join(trace(), 'metadata'), 1, 1);
    expect(read()).toEqual([1]);
    const bytes = packet(0, [{ time: 2, n: 2 }]);
    fs.appendFileSync(path.join(trace(), 's_0'), bytes.subarray(0, 30));
    expect(read()).toEqual([]);
    fs.appendFileSync(path.join(trace(), 's_0'), bytes.subarray(30));
    time = 2;
    expect(readToEnd()).toEqual([2]);
  });

  it('goes on with files that were emptied', () => {
    follow();
    writeMetadata();
    append('s_0');
    append('s_0');
    expect(read()).toEqual([1, 2]);
    fs.truncateSync(path.join(trace(), 's_0'), 0);
    append('s_0');
    expect(readToEnd()).toEqual([3]);
  });
});
