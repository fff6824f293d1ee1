import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogLevels, NODE_LOGGERS } from '@ringtail/protocol';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { packageDirectory } from '../program/package-directory.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { parseSettings } from './parse-settings.ts';
import { readSettings, SETTINGS_NAMES } from './read-settings.ts';

const directory = join(packageDirectory(), 'settings');
const matchesSchema = new Ajv().compile(JSON.parse(readFileSync(join(directory, 'schema.json'), 'utf8')));

const settings = (rule: unknown) => JSON.stringify({ rules: [{ pattern: 'a:*' }, rule] });

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    const { code, message, hint } = error as { code?: string; message: string; hint?: string };
    expect(code).toBe('BAD_SETTINGS');
    return hint === undefined ? message : `${message} (${hint})`;
  }
  return 'accepted';
}

describe('a settings file', () => {
  it('has event rules with log levels, exclusions and filters, and contexts', () => {
    const text = JSON.stringify({
      $schema: './schema.json',
      description: 'all keys',
      contexts: ['vpid', '$app.shop:user'],
      rules: [
        { pattern: 'shop:*', logLevel: 'info', exclude: ['shop:x*'], filter: 'id > 7' },
        { pattern: 'b', logLevel: 'TRACE_ERR..info' },
      ],
    });
    expect(matchesSchema(JSON.parse(text))).toBe(true);
    expect(parseSettings(text)).toEqual({
      contexts: ['vpid', '$app.shop:user'],
      rules: [
        { pattern: 'shop:*', exclude: ['shop:x*'], logLevel: { from: 0, to: 6 }, filter: 'id > 7' },
        { pattern: 'b', logLevel: { from: 3, to: 6 } },
      ],
    });
  });

  it.each([
    ['', /^no JSON: Unexpected end of JSON input$/],
    ['{\n "rules": [}', /^(line 2, column 12: )?no JSON: Unexpected token/],
    ['[]', /^settings must be an object$/],
    ['{"rule": []}', /^settings has the unknown key "rule" \(did you mean "rules"\? known: /],
    ['{}', /^rules must be an array of 1 to 256 elements$/],
    ['{"rules": []}', /^rules must be an array of 1 to 256 elements$/],
    ['{"rules": [{"pattern": "a"}], "description": 1}', /^description must be a text$/],
    ['{"rules": [{"pattern": "a"}], "contexts": "vpid"}', /^contexts must be an array of at most 64 elements$/],
    ['{"rules": [{"pattern": "a"}], "contexts": [""]}', /^contexts must be a text of 1 to 255 bytes/],
    [settings('b'), /^rules\[1\] must be an object$/],
    [settings({}), /^rules\[1\]\.pattern must be a text of 1 to 255 bytes/],
    [settings({ pattern: 'é'.repeat(128) }), /^rules\[1\]\.pattern must be a text of 1 to 255 bytes/],
    [
      settings({ pattern: 'b', loglevel: 'info' }),
      /^rules\[1\] has the unknown key "loglevel" \(did you mean "logLevel"/,
    ],
    [settings({ pattern: 'b', logLevel: 6 }), /^rules\[1\]\.logLevel must be a text$/],
    [settings({ pattern: 'b', logLevel: 'inf' }), /^rules\[1\]\.logLevel: unknown log level "inf" \(one of emerg, /],
    [settings({ pattern: 'b*', exclude: 'b' }), /^rules\[1\]\.exclude must be an array of at most 64 elements$/],
    [settings({ pattern: 'b', exclude: ['b'] }), /^rules\[1\]: Event b: Exclusions can only be used with a globbing/],
    [settings({ pattern: 'b*', exclude: ['*'] }), /^rules\[1\]: Event b\*: \* excludes all events from b\*$/],
    [settings({ pattern: 'b', filter: 'a >' }), /^rules\[1\]: filter: .*\(a >\n {3}\^\)$/s],
  ])('%s is refused with the place and the reason', (text, reason) => {
    expect(refusal(() => parseSettings(text))).toMatch(reason);
  });

  it.each([
    ['{"rule": []}'],
    ['{"rules": []}'],
    ['{"rules": [{"pattern": "a"}], "contexts": [""]}'],
    [settings({})],
    [settings({ pattern: 'b', loglevel: 'info' })],
    [settings({ pattern: 'b', logLevel: 6 })],
    [settings({ pattern: 'b', logLevel: 'a-b' })],
    [settings({ pattern: 'b*', exclude: 'b' })],
  ])('%s does not match the schema either', (text) => {
    expect(matchesSchema(JSON.parse(text))).toBe(false);
  });
});

/** Rules of all loggers whose levels are not only `debug`. */
const loggersUpTo = (to: number) =>
  NODE_LOGGERS.filter((logger) => logger !== 'debug').map((logger) => ({
    pattern: `node_${logger}:*`,
    logLevel: { from: 0, to },
  }));

const otelLogsUpTo = (to: number) => ({ pattern: 'otel:log_*', logLevel: { from: 0, to } });

describe('--settings', () => {
  it('default takes everything of applications, info and more severe of Node.js, and warnings of loggers', () => {
    const { contexts, rules } = readSettings(fakeContext(), ['default']);
    expect(contexts).toEqual([]);
    expect(rules.slice(0, 2)).toEqual([
      { pattern: '*', exclude: ['node_*', 'otel:log_*', 'ringtail_statedump:*'] },
      { pattern: 'node_*', logLevel: { from: 0, to: 6 }, exclude: NODE_LOGGERS.map((logger) => `node_${logger}:*`) },
    ]);
    expect(rules.slice(2)).toEqual([...loggersUpTo(LogLevels.warning), otelLogsUpTo(LogLevels.warning)]);
  });

  it('profile takes info and more severe of loggers', () => {
    const { rules } = readSettings(fakeContext(), ['profile']);
    expect(rules[0]?.exclude).toEqual(expect.arrayContaining(NODE_LOGGERS.map((logger) => `node_${logger}:*`)));
    expect(rules.slice(1)).toEqual([...loggersUpTo(LogLevels.info), otelLogsUpTo(LogLevels.info)]);
  });

  it.each(SETTINGS_NAMES)('the file of %s matches the schema', (name) => {
    expect(matchesSchema(JSON.parse(readFileSync(join(directory, `${name}.json`), 'utf8')))).toBe(true);
  });

  it('several settings are one, without repetitions', () => {
    const context = fakeContext();
    writeFileSync(join(context.cwd, 'own.json'), '\ufeff{"contexts": ["vpid"], "rules": [{"pattern": "shop:*"}]}');
    const own = { contexts: ['vpid'], rules: [{ pattern: 'shop:*' }] };
    expect(readSettings(context, ['own.json', join(context.cwd, 'own.json')])).toEqual(own);
    const { rules } = readSettings(context, ['default']);
    expect(readSettings(context, ['default', 'own.json', 'default'])).toEqual({
      contexts: ['vpid'],
      rules: [...rules, ...own.rules],
    });
  });

  it('a file named like the settings of the package needs a path', () => {
    const context = fakeContext();
    writeFileSync(join(context.cwd, 'default'), '{"rules": [{"pattern": "own"}]}');
    expect(readSettings(context, ['./default']).rules).toEqual([{ pattern: 'own' }]);
  });

  it('a wrong file is named, with the schema where nothing nearer helps', () => {
    const context = fakeContext();
    writeFileSync(join(context.cwd, 'own.json'), '{}');
    expect(refusal(() => readSettings(context, ['own.json']))).toBe(
      `own.json: rules must be an array of 1 to 256 elements (the format is described in ${directory}/schema.json)`,
    );
    expect(refusal(() => readSettings(context, ['defualt']))).toMatch(
      /^the settings defualt cannot be read: ENOENT.* \(settings are default, profile, or the path of a file\)$/,
    );
    expect(refusal(() => readSettings(context, ['.']))).toMatch(/cannot be read: EISDIR/);
    expect(refusal(() => readSettings(context, ['/dev/zero']))).toMatch(/^\/dev\/zero: is larger than 1048576 bytes/);
  });
});
