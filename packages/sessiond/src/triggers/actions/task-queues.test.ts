import { describe, expect, it } from 'vitest';
import { TaskQueues } from './task-queues.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('TaskQueues', () => {
  it('run some tasks of a user at a time, let others wait, and refuse the rest', async () => {
    const queues = new TaskQueues(2, 2);
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const task = (name: string) => () => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.push(() => resolve(name)));
    };
    const results = ['a', 'b', 'c', 'd'].map((name) => queues.run(1, task(name)));
    expect(begun).toEqual(['a', 'b']);
    expect(() => queues.run(1, task('e'))).toThrow('there are 2 at work and 2 waiting already');
    const other = queues.run(2, task('of another'));
    expect(begun).toEqual(['a', 'b', 'of another']);
    ends[0]?.();
    await settled();
    expect(begun.at(-1)).toBe('c');
    const given = results.map((result) => result.catch((error: Error) => error.message));
    queues.close();
    for (const end of ends) end();
    expect(await Promise.all(given)).toEqual(['a', 'b', 'c', 'the session daemon ends']);
    expect(await other).toBe('of another');
  });

  it('go on after a failure', async () => {
    const queues = new TaskQueues(1, 1);
    const failed = queues.run(1, () => Promise.reject(new Error('no')));
    const next = queues.run(1, async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
