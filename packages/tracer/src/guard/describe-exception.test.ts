import { describe, expect, it } from 'vitest';
import { describeException } from './describe-exception.ts';

const HOSTILE = new Proxy(
  {},
  {
    get() {
      throw new Error('hostile');
    },
  },
);

describe('the description of an exception', () => {
  it('has its message, its stack, and the stacks of its causes', () => {
    const innermost = new TypeError('innermost');
    const { message, stack, cause } = describeException(
      new Error('outer', { cause: new Error('inner', { cause: innermost }) }),
    );
    expect(message).toBe('outer');
    expect(stack).toMatch(/^Error: outer\n {4}at /);
    expect(cause).toMatch(/^Error: inner\n[\s\S]*TypeError: innermost\n/);
  });

  it('has the errors of an aggregate', () => {
    const { cause } = describeException(new AggregateError([new Error('one'), new Error('two')]));
    expect(cause).toMatch(/Error: one[\s\S]*Error: two/);
  });

  it.each<[string, unknown, string]>([
    ['a text', 'thrown', 'thrown'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object without a prototype', Object.create(null), 'something without a text was thrown'],
    ['an object whose members throw', HOSTILE, 'something without a text was thrown'],
  ])('of %s is a text', (_, thrown, message) => {
    expect(describeException(thrown)).toEqual({ message, stack: '', cause: '' });
  });

  it('is bounded, whatever the error is', () => {
    const circular = new Error('x'.repeat(1e6));
    circular.cause = circular;
    expect(describeException(circular).cause).toBe('');
    let deep = new Error('deep');
    for (let i = 0; i < 1000; i++) deep = new Error('deep', { cause: deep });
    for (const error of [circular, deep, new AggregateError(Array.from({ length: 1e5 }, () => new Error('many')))]) {
      const { message, stack, cause } = describeException(error);
      expect(message.length + stack.length + cause.length).toBeLessThanOrEqual(2048 + 8192 + 8192);
    }
  });
});
