import { describe, expect, it } from 'vitest';
import { nodeProgramName } from './node-command-line.ts';

describe('the program that a command line runs', () => {
  it.each([
    ['node app.js', 'app.js'],
    ['/usr/bin/node --import tracer/register /srv/app/server.mjs --port 80', 'server.mjs'],
    ['node --require /a/suppress-warnings.cjs -r ./b.cjs --import /c.mjs --loader d.js app.js', 'app.js'],
    ['node -e 1', 'node'],
    ['node /srv/ringtail.js', 'ringtail.js'],
  ])('%s is named after its script', (line, name) => {
    expect(nodeProgramName(line.split(' '))).toBe(name);
  });

  it.each([
    'python3 app.py',
    'node --version',
    '/usr/bin/node /opt/node_modules/.bin/ringtail list',
    '/usr/bin/node /opt/ringtail/bin/ringtail-sessiond.mjs',
    '/usr/bin/node /opt/ringtail/bundle/ringtail-sessiond.js --rundir /run/ringtail',
    '/usr/bin/node /opt/ringtail/bundle/ringtail-consumerd.js --rundir /run/ringtail',
    '/usr/bin/node /opt/ringtail/bundle/job-process.js',
    '/usr/bin/node /opt/ringtail/bundle/helper-main.js',
    '/usr/bin/node /opt/consumerd/dist/main.js',
    '/usr/bin/node /opt/sessiond/dist/helpers/helper-main.js',
  ])('%s is none that could be traced', (line) => {
    expect(nodeProgramName(line.split(' '))).toBeUndefined();
  });
});
