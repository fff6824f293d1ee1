import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { FdSink } from './fd-sink.ts';

describe('descriptor sink', () => {
  it('writes text as UTF-8, and bytes of a trace that are none as they were', () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-sink-'));
    const fd = fs.openSync(path.join(directory, 'out'), 'w+');
    try {
      expect(new FdSink(fd).write('caf\u00e9 \udcff!')).toBe(true);
      expect(fs.readFileSync(path.join(directory, 'out'))).toEqual(Buffer.from([...Buffer.from('café '), 0xff, 0x21]));
    } finally {
      fs.closeSync(fd);
      fs.rmSync(directory, { recursive: true });
    }
  });

  it('ends quietly when its reader goes away', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ringtail-sink-'));
    const fifo = path.join(directory, 'fifo');
    const make = spawn('mkfifo', [fifo]);
    await once(make, 'exit');
    const reading = fs.openSync(fifo, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const writing = fs.openSync(fifo, 'w');
    try {
      const sink = new FdSink(writing);
      expect(sink.write('first')).toBe(true);
      fs.closeSync(reading);
      expect(sink.write('second')).toBe(false);
      expect(sink.write('third')).toBe(false);
    } finally {
      fs.closeSync(writing);
      fs.rmSync(directory, { recursive: true });
    }
  });
});
