import { describe, expect, it } from 'vitest';
import { fieldsOf, recorded } from './recorded.ts';

const PROGRAM = `
  import { exec, execFileSync, execSync, spawn, spawnSync } from 'node:child_process';
  import { promisify } from 'node:util';
  const closed = (child) => new Promise((resolve) => child.once('error', resolve).once('close', resolve));
  await closed(spawn('true', ['secret']));
  console.log((await promisify(exec)('echo secret-word')).stdout.length);
  await closed(spawn('sh', ['-c', 'kill -9 $$']));
  execSync('echo secret');
  execSync('A="1 secret" true');
  spawnSync('sh', ['-c', 'exit 3']);
  try { execFileSync('false'); } catch (error) { console.log(error.status); }
  spawnSync('/nonexistent');`;

describe('child processes', () => {
  it('are recorded from begin to end, without their arguments', async () => {
    const { events, stdout } = await recorded(PROGRAM, ['-u', 'node_child_process:*']);
    expect(stdout).toBe('12\n1\n');
    const begins = fieldsOf(events, 'node_child_process:process_begin');
    expect(begins.map(({ file }) => file)).toEqual(['true', 'echo', 'sh']);
    expect(begins.map(({ pid }) => Number(pid) > 0)).toEqual([true, true, true]);
    const ends = fieldsOf(events, 'node_child_process:process_end');
    expect(ends.map(({ child_id }) => child_id)).toEqual(begins.map(({ child_id }) => child_id));
    expect(ends.map(({ exit_code, signal, error }) => [exit_code, signal, error])).toEqual([
      ['0', '', ''],
      ['0', '', ''],
      ['-1', 'SIGKILL', ''],
    ]);
    const sync = fieldsOf(events, 'node_child_process:sync_process');
    expect(sync.map(({ operation, file, exit_code, error }) => [operation, file, exit_code, error])).toEqual([
      ['execSync', 'echo', '0', ''],
      ['execSync', 'sh', '0', ''],
      ['spawnSync', 'sh', '3', ''],
      ['execFileSync', 'false', '1', ''],
      ['spawnSync', '/nonexistent', '-1', 'ENOENT'],
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('are recorded if they cannot be started', async () => {
    const program = `
      import { spawn } from 'node:child_process';
      const child = spawn('/nonexistent');
      child.once('error', (error) => console.log(error.code, child.listenerCount('error')));`;
    const { events, stdout } = await recorded(program);
    expect(stdout).toBe('ENOENT 0\n');
    const [begin] = fieldsOf(events, 'node_child_process:process_begin');
    expect(begin).toMatchObject({ operation: 'spawn', file: '/nonexistent', pid: '-1' });
    expect(fieldsOf(events, 'node_child_process:process_end')).toEqual([
      { child_id: begin?.child_id, exit_code: '-1', signal: '', error: 'ENOENT' },
    ]);
  });
});
