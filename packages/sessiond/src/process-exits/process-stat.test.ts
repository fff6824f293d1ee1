import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processStartTime } from '../peers/process-identity.ts';
import { parseProcessStat } from './process-stat.ts';

/** proc_pid_stat(5), from Linux 6.18. */
const stat = (name: string, state: string, exit: number, startCode = '4194304') =>
  `4711 (${name}) ${state} 1 4711 4711 0 -1 4194560 100 0 0 0 1 1 0 0 20 0 7 0 8915 1000000 200 18446744073709551615 ` +
  `${startCode} 5000000 140720000000000 0 0 0 0 4096 17474 0 0 0 17 1 0 0 0 0 0 6000000 6100000 7000000 140720000001000 ` +
  `140720000001100 140720000001100 140720000002000 ${exit}\n`;

describe('parseProcessStat', () => {
  it('reads a process that has ended, whatever its name', () => {
    for (const name of ['node', 'a b) R 1 2', ') (', '']) {
      expect(parseProcessStat(stat(name, 'Z', 139))).toEqual({
        state: 'Z',
        parent: 1,
        threads: 7,
        startTime: '8915',
        argumentsAt: '140720000001000',
        permitted: true,
        exitStatus: 139,
      });
    }
  });

  it('knows by the place of the code that the kernel hides the rest', () => {
    expect(parseProcessStat(stat('node', 'S', 0, '1'))?.permitted).toBe(false);
  });

  it('reads our own', () => {
    const own = parseProcessStat(readFileSync('/proc/self/stat', 'latin1'));
    expect(own).toMatchObject({ permitted: true, exitStatus: 0, startTime: processStartTime(process.pid) });
  });

  it('refuses anything else', () => {
    for (const line of ['', '1 (x)', '1 (x) Z 1 2 3']) expect(parseProcessStat(line)).toBeUndefined();
  });
});
