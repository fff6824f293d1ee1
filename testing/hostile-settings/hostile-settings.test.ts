/** A program with the tracer runs as without it in every setting. It is recorded, or reports why not. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  type Ended,
  Running,
  ringtail,
  type Sandbox,
  sandboxWithDaemon,
  succeed,
  textAndWarningsOf,
} from '../e2e/harness.ts';
import { makePlaces, type Places } from './places.ts';
import {
  ALTERED_SETTINGS,
  BUNDLED_SETTINGS,
  bundling,
  NODE_SETTINGS,
  RUNNER_SETTINGS,
  type Setting,
} from './settings.ts';

/** Output without colours, which depend on durations. */
const PLAIN = { NO_COLOR: '1', FORCE_COLOR: undefined };
const TICKS = 3;
/** A limit against hanging. */
const TIMEOUT_MS = 900_000;

describe('docs/where-it-runs.md', () => {
  it('has the settings of this test with their result', () => {
    const text = readFileSync(new URL('../../docs/where-it-runs.md', import.meta.url), 'utf8');
    const rows = [...text.matchAll(/^\| (.*?) \| yes \| (yes|no|not|mostly not)\b/gm)];
    const told = rows.map(([, name = '', recorded = '']) => [name.replaceAll('`', ''), !recorded.startsWith('no')]);
    const tested = [...NODE_SETTINGS, ...BUNDLED_SETTINGS, ...RUNNER_SETTINGS].map(({ name, unrecorded }) => [
      name,
      unrecorded === undefined,
    ]);
    expect(told.slice(0, tested.length)).toEqual(tested);
    expect(told.slice(tested.length).map(([name]) => name)).toEqual(ALTERED_SETTINGS.map(({ name }) => name));
  });
});

describe('a program with the tracer', () => {
  it.each([
    ['with options of Node.js', NODE_SETTINGS],
    ['in a bundle', BUNDLED_SETTINGS],
    ['in a test runner', RUNNER_SETTINGS],
  ] as const)(
    'runs %s as without, and is recorded or reports why not',
    async (_, settings) => {
      const sandbox = sandboxWithDaemon();
      const places = makePlaces(sandbox);
      const trace = await recordingInto(sandbox);
      const said = new Map<string, string>();
      for (const setting of settings) {
        const [traced, untraced] = await runBoth(sandbox, places, setting);
        expect({ [setting.name]: outcomeOf(traced, places) }).toEqual({ [setting.name]: outcomeOf(untraced, places) });
        if (setting.unrecorded !== undefined) said.set(setting.name, await reasonOf(sandbox, places, setting));
      }
      const { stderr: warnings } = await ringtail(sandbox, ['destroy']);
      expect(warnings).toContain('tracepoint hostile:no_fields is refused');
      const ticks = ticksOf(sandbox, trace);
      for (const { name, parts = [name], unrecorded } of settings) {
        for (const part of parts)
          expect([part, ticks.get(part) ?? 0]).toEqual([part, unrecorded === undefined ? TICKS : 0]);
        if (unrecorded !== undefined) expect(said.get(name)).toMatch(unrecorded);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'runs as without if globals are deleted or replaced, and is recorded unless they are globals of the language',
    async () => {
      const sandbox = sandboxWithDaemon();
      const places = makePlaces(sandbox);
      const trace = await recordingInto(sandbox);
      const lines: string[] = [];
      for (const setting of ALTERED_SETTINGS) {
        const [traced, untraced] = await runBoth(sandbox, places, setting);
        expect({ [setting.name]: outcomeOf(traced, places) }).toEqual({ [setting.name]: outcomeOf(untraced, places) });
        if (/deleted/.test(setting.name)) {
          lines.push(...traced.stdout.split('\n').map((line) => `${setting.name}: ${line}`));
        }
      }
      await ringtail(sandbox, ['destroy']);
      const ticks = ticksOf(sandbox, trace);
      const needed = [...runInNewContext('Object.getOwnPropertyNames(globalThis)'), 'process', 'Buffer'];
      const recorded = lines
        .filter((line) => line.endsWith(' exit 0'))
        .map((line) => line.slice(0, line.lastIndexOf(': ')));
      const ofNodeJs = recorded.filter((part) => !needed.includes(part.slice(part.lastIndexOf(' ') + 1)));
      expect(ofNodeJs.length).toBeGreaterThan(100);
      for (const part of ofNodeJs) expect([part, ticks.get(part) ?? 0]).toEqual([part, TICKS]);
    },
    TIMEOUT_MS,
  );
});

/** Starts a session that records all programs of the sandbox. @returns the directory of its trace */
async function recordingInto(sandbox: Sandbox): Promise<string> {
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 'hostile', '-o', trace);
  await succeed(sandbox, 'enable-event', '-u', 'hostile:*');
  await succeed(sandbox, 'start');
  return trace;
}

function runBoth(sandbox: Sandbox, { traced, untraced }: Places, setting: Setting): Promise<[Ended, Ended]> {
  return Promise.all([runIn(traced, sandbox, setting), runIn(untraced, sandbox, setting)]);
}

async function runIn(place: string, sandbox: Sandbox, setting: Setting, env: Sandbox['env'] = {}): Promise<Ended> {
  const run = (args: readonly string[]) =>
    new Running(
      process.execPath,
      args,
      { ...sandbox.env, ...PLAIN, SETTING: setting.name, ...setting.env, ...env },
      place,
    ).ended;
  if (setting.bundler !== undefined) {
    mkdirSync(join(place, 'bundled'), { recursive: true });
    const { code, stdout, stderr } = await run(['--no-warnings', ...bundling(setting, place)]);
    expect({ bundler: setting.bundler, code, said: stdout + stderr }).toEqual({
      bundler: setting.bundler,
      code: 0,
      said: '',
    });
  }
  return run(setting.command);
}

/** Observable outcome of a run, without times, process identifiers, directories and frames of stack traces. */
function outcomeOf({ code, signal, stdout, stderr }: Ended, places: Places): object {
  const lines = `${stdout}\n${stderr}`
    .replaceAll(places.traced, 'PLACE')
    .replaceAll(places.untraced, 'PLACE')
    .replace(/\(node:\d+\)/g, '(node)')
    .replace(/^\s+at .*$/gm, '')
    .replace(/^\s*(?:Time|Start at|Duration).*$/gm, '')
    .replace(/ *\(?\d+(?:\.\d+)? ?m?s\b\)?/g, '')
    .split('\n')
    .filter((line) => line !== '');
  // Programs in test runners run in any order.
  return { code, signal, said: lines.sort() };
}

async function reasonOf(sandbox: Sandbox, { traced }: Places, setting: Setting): Promise<string> {
  const { stderr } = await runIn(traced, sandbox, setting, { RINGTAIL_DEBUG: '1' });
  return stderr;
}

/** Number of events by the setting that they name. */
function ticksOf(sandbox: Sandbox, trace: string): Map<string, number> {
  const ticks = new Map<string, number>();
  // Readers may warn about events that programs with broken globals could not record.
  for (const [, setting = ''] of textAndWarningsOf(sandbox, trace).text.matchAll(
    / hostile:tick: .* setting = "([^"]*)"/g,
  )) {
    ticks.set(setting, (ticks.get(setting) ?? 0) + 1);
  }
  return ticks;
}
