import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { forgetCurrentSession, readCurrentSession, sessionNamed, writeCurrentSession } from './current-session.ts';

describe('the current session', () => {
  it('is kept in .ringtailrc of the home directory, in the form LTTng keeps its own', () => {
    const context = fakeContext();
    writeCurrentSession(context, 'slow requests');
    expect(readFileSync(join(context.env.RINGTAIL_HOME as string, '.ringtailrc'), 'utf8')).toBe(
      'session=slow requests\n',
    );
    expect(readCurrentSession(context)).toBe('slow requests');
    expect(sessionNamed(context, undefined)).toBe('slow requests');
    expect(sessionNamed(context, 'other')).toBe('other');
  });

  it('is forgotten when it is destroyed, and only then', () => {
    const context = fakeContext();
    writeCurrentSession(context, 'a');
    forgetCurrentSession(context, 'b');
    expect(readCurrentSession(context)).toBe('a');
    forgetCurrentSession(context, 'a');
    expect(readCurrentSession(context)).toBeUndefined();
    expect(() => sessionNamed(context, undefined)).toThrow(/no current session/);
  });
});
