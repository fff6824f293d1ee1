import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { noStatistics } from '../stream-statistics.ts';
import { WrittenFiles } from './written-files.ts';

/** A file with three events that is open, and the counts of its data stream. */
function scene() {
  const directory = mkdtempSync(join(tmpdir(), 'rt-written-'));
  const path = join(directory, 'stream');
  writeFileSync(path, Buffer.alloc(100));
  const descriptor = openSync(path, 'r+');
  onTestFinished(() => {
    closeSync(descriptor);
    rmSync(directory, { recursive: true, force: true });
  });
  const files = new WrittenFiles();
  files.opened(path, descriptor);
  files.wrote({ events: 3, packets: 1, bytes: 100 });
  const statistics = { ...noStatistics(), eventsRecorded: 3, packets: 1, bytes: 100 };
  const settle = () => {
    files.settle(statistics);
    return [statistics.eventsRecorded, statistics.eventsLost, statistics.packets, statistics.bytes];
  };
  return { path, files, settle };
}

it('the content of existing files is written', () => {
  const { files, settle } = scene();
  expect(settle()).toEqual([3, 0, 1, 100]);
  files.closing();
  expect(settle()).toEqual([3, 0, 1, 100]);
});

it('the content of a removed file is lost, once, whether it is open or not', () => {
  for (const isOpen of [true, false]) {
    const { path, files, settle } = scene();
    if (!isOpen) files.closing();
    rmSync(path);
    expect(settle()).toEqual([0, 3, 0, 0]);
    expect(settle()).toEqual([0, 3, 0, 0]);
  }
});

it('the content of a replaced file is lost', () => {
  const { path, files, settle } = scene();
  files.closing();
  writeFileSync(`${path}.new`, '');
  renameSync(`${path}.new`, path);
  expect(settle()).toEqual([0, 3, 0, 0]);
});

it('the content of a file that was moved while it was open is written', () => {
  const { path, files, settle } = scene();
  renameSync(path, `${path}.moved`);
  expect(settle()).toEqual([3, 0, 1, 100]);
  files.closing();
  rmSync(`${path}.moved`);
  expect(settle()).toEqual([3, 0, 1, 100]);
});

it('the content of a moved file is lost once it is removed at its new place', () => {
  const { path, files, settle } = scene();
  renameSync(path, `${path}.moved`);
  expect(settle()).toEqual([3, 0, 1, 100]);
  rmSync(`${path}.moved`);
  expect(files.isOpenFileKept()).toBe(false);
  expect(settle()).toEqual([0, 3, 0, 0]);
});

it('the directory that a file was moved to is reported once it is known', () => {
  const { path, files } = scene();
  const moved = join(dirname(path), 'elsewhere');
  mkdirSync(moved);
  renameSync(path, join(moved, 'stream'));
  expect(files.settle(noStatistics())).toEqual({ removed: false, movedTo: moved });
});

it('the content of a file that was cut short is lost, whether it is open or not', () => {
  for (const isOpen of [true, false]) {
    const { path, files, settle } = scene();
    if (!isOpen) files.closing();
    truncateSync(path, 99);
    expect(files.isOpenFileKept()).toBe(false);
    expect(settle()).toEqual([0, 3, 0, 0]);
  }
});

it('the content of a file whose directory has become a file is lost', () => {
  const { path, files, settle } = scene();
  rmSync(dirname(path), { recursive: true });
  writeFileSync(dirname(path), '');
  expect(settle()).toEqual([0, 3, 0, 0]);
  expect(files.isOpenFileKept()).toBe(false);
});

it('the content of a former consumer in a file that is gone is lost, unless it was archived', () => {
  const { path, files, settle } = scene();
  files.missed(`${path}_1`, { events: 2, packets: 1, bytes: 60 });
  expect(settle()).toEqual([1, 2, 0, 40]);
  const archived = scene();
  archived.files.missed(`${archived.path}_1`, { events: 2, packets: 1, bytes: 60 });
  archived.files.forgetClosed();
  expect(archived.settle()).toEqual([3, 0, 1, 100]);
  // Of the new trace chunk, which this consumer may have begun already.
  expect(archived.files.isOpenFileKept()).toBe(true);
});

it('the content of files that were archived, or removed on purpose, is written', () => {
  const archived = scene();
  archived.files.forgetAll();
  rmSync(archived.path);
  expect(archived.settle()).toEqual([3, 0, 1, 100]);
  const removed = scene();
  removed.files.forget(removed.path);
  rmSync(removed.path);
  expect(removed.settle()).toEqual([3, 0, 1, 100]);
});
