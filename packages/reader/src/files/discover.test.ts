import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { RingtailError } from '@ringtail/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { METADATA, packet } from '../testing/small-trace.test.support.ts';
import { findTraceDirectories } from './discover.ts';
import { systemPath } from './file-names.ts';
import { openTraces } from './open-traces.ts';

let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-discover-'));
});

afterEach(() => {
  fs.rmSync(root, { recursive: true });
});

function writeTrace(directory: string, metadata = METADATA): string {
  const target = path.join(root, directory);
  fs.mkdirSync(target, { recursive: true });
  fs.writeFileSync(path.join(target, 'metadata'), metadata);
  fs.writeFileSync(path.join(target, 's_0'), packet(0, [{ time: 10, n: 1 }]));
  return target;
}

function makeFifo(file: string): void {
  execFileSync('mkfifo', [file]);
}

/** The traces below the directory, and the errors and warnings. */
function find() {
  const errors: RingtailError[] = [];
  const warnings: string[] = [];
  const onError = (error: RingtailError) => errors.push(error);
  const onWarning = (warning: string) => warnings.push(warning.replace(root, ''));
  const found = findTraceDirectories(root, { onError, onWarning });
  const names = found.map(({ path: of, dataPaths }) => [
    path.relative(root, of),
    ...dataPaths.map((p) => path.basename(p)),
  ]);
  return { names, errors, warnings };
}

describe('finding traces', () => {
  it('passes links that lead nowhere or to themselves, with a warning, beside traces and within one', () => {
    const trace = writeTrace('a');
    for (const directory of [root, trace]) {
      fs.symlinkSync('self', path.join(directory, 'self'));
      fs.symlinkSync('nowhere', path.join(directory, 'dangling'));
    }
    const { names, errors, warnings } = find();
    expect(names).toEqual([['a', 's_0']]);
    expect(errors).toEqual([]);
    expect(warnings).toEqual(
      ['/a/dangling', '/a/self', '/dangling', '/self'].map(
        (at) => `${at} is a link that leads nowhere: it is left out`,
      ),
    );
  });

  it('reads a directory of links to traces, and directories that link in a circle once', () => {
    const elsewhere = writeTrace('x/trace');
    fs.mkdirSync(path.join(root, 'links'));
    fs.symlinkSync(elsewhere, path.join(root, 'links', 'a'));
    fs.symlinkSync('..', path.join(root, 'links', 'up'));
    expect(find().names).toEqual([['links/a', 's_0']]);
  });

  it('leaves FIFOs, sockets and devices out of a trace, as Babeltrace does, without waiting for any', async () => {
    const trace = writeTrace('a');
    makeFifo(path.join(trace, 'fifo'));
    fs.symlinkSync('/dev/zero', path.join(trace, 'zero'));
    const server = net.createServer().listen(path.join(trace, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(find().names).toEqual([['a', 's_0']]);
    } finally {
      server.close();
    }
  });

  it('refuses a directory whose metadata is a FIFO or a link to itself', () => {
    writeTrace('a');
    for (const directory of ['b', 'c']) fs.mkdirSync(path.join(root, directory));
    makeFifo(path.join(root, 'b', 'metadata'));
    fs.symlinkSync('metadata', path.join(root, 'c', 'metadata'));
    expect(find().names).toEqual([['a', 's_0']]);
  });

  it('reports directories that are too deep, and reads the others', () => {
    writeTrace('a');
    writeTrace(Array.from({ length: 40 }, () => 'd').join('/'));
    const { names, errors } = find();
    expect(names).toEqual([['a', 's_0']]);
    expect(errors).toEqual([expect.objectContaining({ code: 'UNREADABLE' })]);
  });

  it('reads files whose names are no UTF-8', () => {
    const trace = writeTrace('a');
    const name = Buffer.from([0x63, 0xe9, 0x5f, 0xf0, 0x9f, 0x98, 0x80, 0xff]);
    fs.renameSync(path.join(trace, 's_0'), Buffer.concat([Buffer.from(`${trace}/`), name]));
    const [directory] = findTraceDirectories(root);
    expect(path.basename(directory!.dataPaths[0]!)).toBe('c\udce9_😀\udcff');
    expect(path.basename(systemPath(directory!.dataPaths[0]!).toString('latin1'))).toBe(name.toString('latin1'));
    const reader = openTraces(root);
    expect([...reader]).toHaveLength(1);
    reader.close();
  });

  it('leaves a directory with refused metadata out only where reading is to keep going', () => {
    writeTrace('a');
    writeTrace('b', 'trace {');
    const codes: string[] = [];
    const onError = ({ code }: RingtailError) => codes.push(code);
    expect(() => openTraces(root, { onError })).toThrow(expect.objectContaining({ code: 'SYNTAX' }));
    const reader = openTraces(root, { onError, keepGoing: true });
    expect([...reader]).toHaveLength(1);
    reader.close();
    expect(codes).toEqual(['SYNTAX']);
    fs.rmSync(path.join(root, 'a'), { recursive: true });
    expect(() => openTraces(root, { onError, keepGoing: true })).toThrow(expect.objectContaining({ code: 'SYNTAX' }));
  });
});
