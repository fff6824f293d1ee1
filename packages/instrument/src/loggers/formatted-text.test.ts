import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formattedText } from './formatted-text.ts';

describe('a text that a logger has made', () => {
  const login = {
    user: 'ann',
    password: 'p1',
    tokens: { access: 'p2', list: [{ a: 'p3}' }] },
    'x-authorization': `p4"'`,
    last: 1,
    secret: 'p5',
  };

  it('has no values of secrets in objects, as JSON and as Node.js shows them', () => {
    expect(formattedText(`login ${JSON.stringify(login)} done`)).toBe(
      'login {"user":"ann","password":…,"tokens":…,"x-authorization":…,"last":1,"secret":…} done',
    );
    for (const options of [{}, { breakLength: Infinity }, { compact: false }]) {
      const text = formattedText(`login ${inspect(login, options)} done`);
      expect(text).not.toMatch(/p[1-5]/);
      expect(text).toMatch(/user: 'ann'.*last: 1.*\} done$/s);
    }
  });

  it('is otherwise the text', () => {
    for (const text of ['plain', 'Invalid token: abc', '{"a":1}', 'secret {', `{ name: 'password' }`]) {
      expect(formattedText(text)).toBe(text);
    }
  });

  it('ends with a secret that has no end', () => {
    expect(formattedText(`{"a":1,"token":"abc`)).toBe('{"a":1,"token":…');
    expect(formattedText('{ token: [[[')).toBe('{ token: …');
  });

  it('is bounded, and made in a time that grows with its length', () => {
    expect(formattedText('x'.repeat(1_000_000)).length).toBeLessThan(20_000);
    for (const part of ['{token:', '{"', '{ a', ",'\\", '{ token : "']) {
      expect(formattedText(`token ${part.repeat(10_000)}`).length).toBeLessThan(20_000);
    }
  });
});
