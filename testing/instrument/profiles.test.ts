import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { makeSandbox, record, ringtail, succeed } from '../e2e/harness.ts';

const SOURCE = `
  import { isMainThread, Worker } from 'node:worker_threads';
  function burnCycles() {
    const end = process.cpuUsage().user + 300_000;
    let sum = 0;
    while (process.cpuUsage().user < end) for (let i = 0; i < 1e5; i++) sum += Math.sqrt(i);
    return sum;
  }
  function outer() { burnCycles(); }
  outer();
  if (isMainThread) new Worker(new URL(import.meta.url));`;

const require = createRequire(import.meta.url);
const SPEEDSCOPE = require.resolve('speedscope/dist/release/file-format-schema.json');

/** A program whose main thread and worker are busy in `burnCycles`. */
const recorded = (option: string) => recordedProgram(SOURCE, [option]);

async function recordedProgram(source: string, options: readonly string[]) {
  const made = makeSandbox();
  const sandbox = { ...made, env: { ...made.env, RINGTAIL_INSTRUMENT: undefined } };
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, source);
  const { trace } = await record(sandbox, [process.execPath, path], options);
  return { sandbox, trace };
}

describe('CPU samples of a recorded program', () => {
  it('are a file that satisfies the schema of speedscope, a profile for each thread', async () => {
    const { sandbox, trace } = await recorded('--profile=500');
    const file = JSON.parse(await succeed(sandbox, 'convert', trace, '-o', 'speedscope'));
    const matches = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(SPEEDSCOPE, 'utf8')));
    expect([matches(file), matches.errors]).toEqual([true, null]);
    expect(file.profiles).toHaveLength(2);
    for (const { samples, weights, startValue, endValue } of file.profiles) {
      expect(weights.reduce((sum: number, weight: number) => sum + weight, 0)).toBe(endValue - startValue);
      const busy = samples.filter((stack: number[]) => file.shared.frames[stack.at(-1)!].name === 'burnCycles');
      expect(busy.length).toBeGreaterThan(10);
    }
  });

  it('are cpuprofiles whose samples name nodes, and folded stacks with equal numbers of samples', async () => {
    const { sandbox, trace } = await recorded('--profile=500');
    const directory = join(sandbox.directory, 'profiles');
    await succeed(sandbox, 'convert', trace, '-o', 'cpuprofile', '-w', directory);
    const profiles = readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')));
    expect(profiles).toHaveLength(2);
    let count = 0;
    for (const { nodes, samples, timeDeltas } of profiles) {
      type Node = { readonly id: number; readonly callFrame: { readonly functionName: string } };
      const names = new Map(nodes.map(({ id, callFrame }: Node) => [id, callFrame.functionName]));
      expect(samples.every((id: number) => names.has(id))).toBe(true);
      expect(timeDeltas).toHaveLength(samples.length);
      count += samples.filter((id: number) => names.get(id) === 'burnCycles').length;
    }
    const pprof = join(sandbox.directory, 'cpu.pb.gz');
    await succeed(sandbox, 'convert', trace, '-o', 'pprof', '-w', pprof);
    expect(gunzipSync(readFileSync(pprof)).includes('burnCycles')).toBe(true);
    const lines = (await succeed(sandbox, 'convert', trace, '-o', 'folded')).split('\n');
    const busy = lines.filter((line) => /;outer \(file:[^;]*\);burnCycles \(file:[^;]*\) \d+$/.test(line));
    expect(busy.length).toBeGreaterThanOrEqual(2);
    expect(busy.reduce((sum, line) => sum + Number(/\d+$/.exec(line)![0]), 0)).toBe(count);
  });

  it('have the report name the function in which a busy thread spent most of its time', async () => {
    const source = SOURCE.replace('300_000', 'BUSY_US').replace('if (isMainThread)', 'if (!isMainThread)');
    const { sandbox, trace } = await recordedProgram(`const BUSY_US = 1_500_000;${source}`, ['--profile=1000']);
    const { findings } = JSON.parse(await succeed(sandbox, 'report', trace, '-o', 'json'));
    const busy = findings.filter(({ rule }: { readonly rule: string }) => rule === 'busy-thread');
    expect(busy).toMatchObject([
      {
        text: expect.stringMatching(
          /^Process \d+ was busy in \d+ % of .* of CPU samples; of the busy time, \d+ % in \S+ \(.*\)/,
        ),
      },
    ]);
    expect(busy[0].text).toMatch(/% in burnCycles \(file:.*app\.mjs:\d+:\d+\)/);
    const [name, ...words] = busy[0].command.split(' ');
    expect([name, await succeed(sandbox, ...words)]).toEqual(['ringtail', expect.stringContaining('burnCycles')]);
  });

  it('are refused where a trace has none, with the option that records them', async () => {
    const { sandbox, trace } = await recordedProgram('', ['-u', 'node_process:*']);
    const { code, stderr } = await ringtail(sandbox, ['convert', trace, '-o', 'folded']);
    expect(code).toBe(1);
    expect(stderr).toContain('ringtail record --profile=1000');
  });
});
