import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportError } from '../output/report.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { fakeDaemon, sessionCalled } from '../testing/fake-daemon.test.support.ts';
import {
  forgetCurrentSession,
  makeCurrentSession,
  readCurrentSession,
  sessionNamed,
  writeCurrentSession,
} from './current-session.ts';

describe('the current session', () => {
  it('is kept in .ringtailrc of the home directory, in the form LTTng keeps its own', async () => {
    const context = fakeContext();
    writeCurrentSession(context, 'slow requests');
    expect(readFileSync(join(context.env.RINGTAIL_HOME as string, '.ringtailrc'), 'utf8')).toBe(
      'session=slow requests\n',
    );
    expect(readCurrentSession(context)).toBe('slow requests');
    expect(await sessionNamed(context, undefined)).toBe('slow requests');
    expect(await sessionNamed(context, 'other')).toBe('other');
  });

  it('is forgotten when it is destroyed, and only then', async () => {
    const context = fakeContext();
    writeCurrentSession(context, 'a');
    forgetCurrentSession(context, 'b');
    expect(readCurrentSession(context)).toBe('a');
    forgetCurrentSession(context, 'a');
    expect(readCurrentSession(context)).toBeUndefined();
    await expect(sessionNamed(context, undefined)).rejects.toMatchObject({
      code: 'NO_SESSION',
      hint: 'make one with: ringtail create NAME',
    });
  });

  it('that is missing is an error with the names of the sessions that exist', async () => {
    const context = fakeContext();
    await fakeDaemon(context, { 'list-sessions': () => [sessionCalled('web app'), sessionCalled('db')] });
    await expect(sessionNamed(context, undefined)).rejects.toMatchObject({
      code: 'NO_SESSION',
      hint: "sessions: web app, db; choose one with: ringtail set-session 'web app'",
    });
  });

  it('in a home directory of another user is an error with the variable that names the directory', () => {
    const context = fakeContext({ uid: 54_321 });
    const home = context.env.RINGTAIL_HOME as string;
    const words = `RINGTAIL_HOME is set to ${home}, which is not a directory of this user`;
    mkdirSync(join(home, '.ringtailrc', 'in-the-way'), { recursive: true });
    makeCurrentSession(context, 's');
    expect(context.errors()).toContain(words);
    const denied = new Error(`EACCES: permission denied, open '${home}/.ringtailrc'`);
    reportError(context, 'human', denied);
    expect(context.errors().split(words)).toHaveLength(3);
    for (const other of [
      { ...context, uid: process.getuid?.() as number },
      { ...context, uid: 0 },
    ]) {
      reportError(other, 'human', denied);
    }
    reportError(context, 'human', new Error('another problem'));
    expect(context.errors().split(words)).toHaveLength(3);
  });
});
