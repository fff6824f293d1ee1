import { describe, expect, it } from 'vitest';
import { fieldsOf, recordedUnchanged } from './recorded.ts';

describe('the events of a process', () => {
  it('tell about an uncaught exception and the exit code that it causes', async () => {
    // Not after a timer: where another one is due as well, Node.js shows its own frames at the end of the stack.
    const { events, code } = await recordedUnchanged(`
      const { port1, port2 } = new MessageChannel();
      port1.postMessage('go on');
      await new Promise((resolve) => port2.once('message', resolve));
      port1.close();
      console.log(process.listenerCount('uncaughtException'), process.listenerCount('unhandledRejection'));
      null.property;`);
    const [exception] = fieldsOf(events, 'node_process:uncaught_exception');
    expect(exception).toMatchObject({ origin: 'unhandledRejection', error: 'TypeError' });
    expect(exception?.message).toContain('Cannot read properties of null');
    expect(exception?.stack).toContain('app.mjs:7');
    expect(fieldsOf(events, 'node_process:exit')).toEqual([{ code: String(code) }]);
  });

  it('tell about exceptions that the program handles, thrown values of any kind, and warnings', async () => {
    const { events } = await recordedUnchanged(`
      process.on('uncaughtException', (thrown) => {
        console.log('handled', thrown);
        process.exitCode = 4;
      });
      process.on('warning', ({ message }) => console.log('warned', message));
      process.emitWarning('this is old', { type: 'DeprecationWarning', code: 'APP1' });
      setTimeout(() => { throw 'a text'; }, 50);`);
    expect(fieldsOf(events, 'node_process:uncaught_exception')).toEqual([
      { origin: 'uncaughtException', error: 'string', message: 'a text', stack: '' },
    ]);
    expect(fieldsOf(events, 'node_process:warning')).toEqual([
      { name: 'DeprecationWarning', code: 'APP1', message: 'this is old', stack: expect.stringContaining('app.mjs:7') },
    ]);
    expect(fieldsOf(events, 'node_process:exit')).toEqual([{ code: '4' }]);
  });

  it('tell about a thrown object whose properties throw themselves', async () => {
    const { events } = await recordedUnchanged(`
      setTimeout(() => {
        throw { name: 'Hostile', get message() { throw 1; }, stack: { toString() { throw 2; } } };
      }, 5);`);
    expect(fieldsOf(events, 'node_process:uncaught_exception')).toEqual([
      { origin: 'uncaughtException', error: 'Hostile', message: '<unreadable>', stack: '<unreadable>' },
    ]);
  });

  it('have samples of memory and CPU time', async () => {
    const { events } = await recordedUnchanged(
      'const kept = Buffer.alloc(50_000_000, 1); setTimeout(() => kept, 1500);',
    );
    const samples = fieldsOf(events, 'node_process:sample');
    expect(samples.length).toBeGreaterThanOrEqual(2);
    for (const { rss, array_buffers, cpu_user_ns, heap_used } of samples) {
      expect(Number(rss)).toBeGreaterThan(5e7);
      expect(Number(array_buffers)).toBeGreaterThanOrEqual(5e7);
      expect(Number(cpu_user_ns)).toBeGreaterThan(0);
      expect(Number(heap_used)).toBeGreaterThan(1e6);
    }
  });
});
