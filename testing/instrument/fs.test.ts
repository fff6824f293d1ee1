import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

const PROGRAM = `
  import * as fs from 'node:fs';
  import { readFileSync, stat } from 'node:fs';
  import { open, readFile } from 'node:fs/promises';
  import { join } from 'node:path';
  const file = join(import.meta.dirname, 'data');
  const frames = (error) => error.stack.split('\\n').slice(1).map((line) => line.trim().split(' ')[1]);
  fs.writeFileSync(file, 'hello');
  readFileSync(file, 'utf8');
  try { readFileSync(file + '2'); } catch (error) { console.log(error.code, frames(error).slice(0, 2).join()); }
  await new Promise((resolve) => stat(file, resolve));
  await readFile(file);
  await readFile(file + '2').catch((error) => console.log(error.code));
  const handle = await open(file, 'r+');
  await handle.read(Buffer.alloc(3));
  await handle.writeFile('secret');
  await handle.close();
  const fd = fs.openSync(file);
  fs.readSync(fd, Buffer.alloc(20));
  fs.closeSync(fd);
  console.log(file);`;

describe('operations on files', () => {
  it('are recorded with path, size, error and duration, of all three forms', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_fs:operation']);
    const [code, promiseCode, file = ''] = stdout.split('\n');
    expect([code, promiseCode]).toEqual(['ENOENT Object.openSync,readFileSync', 'ENOENT']);
    const all = fieldsOf(events, 'node_fs:operation');
    const ours = all.slice(all.findIndex(({ operation }) => operation === 'writeFileSync'));
    const described = ours.map(({ operation, form, path = '', fd, size, error }) => [
      operation,
      form,
      path === '' ? Number(fd) > 2 : path.replace(file, 'data'),
      Number(size),
      error,
    ]);
    expect(described.filter(([operation]) => operation !== 'existsSync')).toEqual([
      ['writeFileSync', 'sync', 'data', 5, ''],
      ['readFileSync', 'sync', 'data', 5, ''],
      ['readFileSync', 'sync', 'data2', 0, 'ENOENT'],
      ['stat', 'callback', 'data', 0, ''],
      ['readFile', 'promise', 'data', 5, ''],
      ['readFile', 'promise', 'data2', 0, 'ENOENT'],
      ['open', 'promise', 'data', 0, ''],
      ['read', 'promise', true, 3, ''],
      ['writeFile', 'promise', true, 6, ''],
      ['openSync', 'sync', 'data', 0, ''],
      ['readSync', 'sync', true, 9, ''],
      ['closeSync', 'sync', true, 0, ''],
    ]);
    expect(JSON.stringify(ours)).not.toContain('secret');
    expect(ours.every(({ duration_ns }) => Number(duration_ns) > 0)).toBe(true);
  });

  it('are recorded without a rule only if they are slow', async () => {
    const program = `
      import { execFileSync } from 'node:child_process';
      import { readFileSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      const pipe = join(import.meta.dirname, 'pipe');
      execFileSync('mkfifo', [pipe]);
      readFileSync('/proc/self/comm');
      const { spawn } = await import('node:child_process');
      spawn('sh', ['-c', 'sleep 0.2; echo text > "$0"', pipe]);
      readFileSync(pipe);`;
    const { events } = await recorded(program);
    expect(fieldsOf(events, 'node_fs:operation')).toEqual([]);
    const slow = fieldsOf(events, 'node_fs:slow_operation').filter(({ path }) => path?.endsWith('/pipe'));
    expect(slow.map(({ operation, form }) => [operation, form])).toEqual([['readFileSync', 'sync']]);
    expect(Number(slow[0]?.duration_ns)).toBeGreaterThan(1_000_000);
  });
});
