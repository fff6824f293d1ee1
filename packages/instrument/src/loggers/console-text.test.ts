import { format } from 'node:util';
import { describe, expect, it } from 'vitest';
import { consoleText } from './console-text.ts';

/** An object whose code reports that it has run. */
function alert(ran: string[]): object {
  return {
    plain: 1,
    get getter() {
      ran.push('getter');
      return 1;
    },
    toString() {
      ran.push('toString');
      return '';
    },
    toJSON() {
      ran.push('toJSON');
      return {};
    },
    [Symbol.for('nodejs.util.inspect.custom')]() {
      ran.push('inspect');
      return '';
    },
  };
}

describe('the text of a call of the console', () => {
  it('is what the console prints', () => {
    for (const args of [
      ['plain'],
      ['100 %d'],
      ['%s is %d %% of %i, %f', 'a', 1, 2.5, '3.5', 'more', 4],
      ['%c styled', 'color: red'],
      ['%s %s', 'missing'],
      [1, true, null, undefined, 7n, Symbol('s')],
      ['object', { a: 1, b: ['x', { c: null }] }],
      ['%o', 5],
      [],
    ]) {
      expect(consoleText(args).message).toBe(format(...args));
    }
  });

  it('has the stack of an error', () => {
    const error = new TypeError('boom');
    expect(consoleText(['failed:', error]).message).toBe(`failed: ${error.stack}`);
    expect(JSON.parse(consoleText([error]).fields)).toMatchObject({ name: 'TypeError', message: 'boom' });
  });

  it('has the structured arguments as JSON: one as it is, several as a list', () => {
    expect(consoleText(['a', { id: 1 }]).fields).toBe('{"id":1}');
    expect(consoleText(['%o and', { id: 1 }, [2]]).fields).toBe('[{"id":1},[2]]');
    expect(consoleText(['a', 1]).fields).toBe('');
  });

  it('is made without any code of the program', () => {
    const ran: string[] = [];
    const proxy = new Proxy({}, { has: () => ran.push('trap') > 0, get: () => ran.push('trap') });
    const text = consoleText(['%s %d %j %o', alert(ran), alert(ran), alert(ran), alert(ran), alert(ran), proxy]);
    expect(ran).toEqual([]);
    expect(text.message).toContain('plain: 1');
    expect(text.message).toContain('[Proxy]');
  });

  it('has no member whose name is that of a secret', () => {
    const secrets = {
      Password: 'p1',
      user: { accessToken: 'p2', name: 'ann' },
      'X-Authorization': 'p3',
      SECRET_KEY: 'p4',
    };
    const { message, fields } = consoleText(['login', secrets]);
    expect(JSON.parse(fields)).toEqual({ user: { name: 'ann' } });
    expect(message).toBe("login { user: { name: 'ann' } }");
  });

  it('is bounded, and its JSON stays whole', () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${at}`, 'v'.repeat(100_000)]));
    const cyclic: Record<string, unknown> = {};
    Object.assign(cyclic, { self: cyclic, list: Array.from({ length: 1_000_000 }, () => wide) });
    const { message, fields } = consoleText([cyclic, 'x'.repeat(1_000_000)]);
    expect(message.length).toBeLessThan(20_000);
    expect(fields.length).toBeLessThan(20_000);
    expect(JSON.parse(fields)).toHaveProperty('self', '[Circular]');
  });
});
