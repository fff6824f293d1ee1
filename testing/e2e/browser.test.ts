import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { printCtf2 } from '@ringtail/ctf';
import { type BuildResult, build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpusPath } from '../corpus.ts';
import { readTraceBytes, type TraceBytes } from '../media.ts';
import { requirePeer } from '../peers.ts';
import { randomTrace } from '../schemas/random-trace.ts';
import { runSeed, SeededRandom } from '../schemas/seeded-random.ts';
import { makeSandbox, ringtail } from './harness.ts';

const JUDGED = 'printing traces in a browser';
const chromium = requirePeer('chromium', JUDGED);
const CORPUS = ['lttng/s01-types-peruid/ust/uid/0/64-bit', 'lttng-ctf2/s12-statedump-log-wrappers/1'];
const CHROMIUM_MS_MAX = 300_000;

/** The script of the page: prints a trace whose files are in `TRACE`, in base64. */
const SCRIPT = `
import { BufferMedium } from '@ringtail/ctf';
import { openMedia, printPretty } from '@ringtail/reader/pure';

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const sources = TRACE.streams.map(({ name, base64 }) => ({ name, medium: new BufferMedium(bytesOf(base64)) }));
const reader = openMedia([{ name: '', metadata: bytesOf(TRACE.metadata), sources }]);
let text = '';
printPretty(reader, { write: (chunk) => { text += chunk; return true; } }, { utc: true });
TRACE.print(text);
`;

interface Bundle {
  readonly code: string;
  readonly inputs: readonly string[];
}

async function bundle(): Promise<Bundle> {
  const result: BuildResult<{ write: false; metafile: true }> = await build({
    stdin: { contents: SCRIPT, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return { code: result.outputFiles[0]!.text, inputs: Object.keys(result.metafile.inputs) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** A trace as the page has it. */
function literal({ metadata, streams }: TraceBytes): string {
  const named = streams.map(({ name, bytes }) => ({ name, base64: base64(bytes) }));
  return JSON.stringify({ metadata: base64(metadata), streams: named });
}

let script: Bundle;
const traces: { readonly name: string; readonly path: string }[] = [];
const directory = mkdtempSync(join(tmpdir(), 'ringtail-browser-'));

beforeAll(async () => {
  script = await bundle();
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function writeRandomTrace(path: string): void {
  const { packets, traceClass } = randomTrace(new SeededRandom(runSeed('browser')), 40);
  mkdirSync(path);
  writeFileSync(join(path, 'metadata'), printCtf2(traceClass(2)));
  for (const id of [0, 1]) {
    const own = packets.filter(({ description }) => description.streamClassId === id).map(({ bytes }) => bytes);
    writeFileSync(join(path, `channel_${id}`), Buffer.concat(own));
  }
}

writeRandomTrace(join(directory, 'random'));
traces.push({ name: 'random classes', path: join(directory, 'random') });
for (const name of CORPUS) {
  const path = corpusPath(name, JUDGED);
  if (path !== undefined) traces.push({ name, path });
}

async function commandText(trace: string): Promise<string> {
  const { stdout, stderr, code } = await ringtail(makeSandbox(), ['view', '--clock-gmt', trace]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.length).toBeGreaterThan(1000);
  return stdout;
}

describe('the pure half of the reader', () => {
  it('is bundled for a browser without anything of Node.js', () => {
    expect(script.inputs.some((input) => input.includes('reader/dist/trace-reader.js'))).toBe(true);
    const others = /packages\/(?!base|ctf|reader)|reader\/dist\/files\/|base\/dist\/(?:files\/|node\.js)|^node:/;
    expect(script.inputs.filter((input) => others.test(input) || builtinModules.includes(input))).toEqual([]);
  });

  it.each(traces)('needs nothing but text encoders and prints what the command prints: $name', async ({ path }) => {
    let printed = '';
    const print = (text: string) => {
      printed = text;
    };
    const context = createContext({ TextDecoder, TextEncoder, atob, print });
    runInContext(`const TRACE = { print, ...${literal(readTraceBytes(path))} };\n${script.code}`, context);
    expect(printed === (await commandText(path))).toBe(true);
  });

  it.skipIf(chromium === undefined).each(traces)(
    'prints in Chromium what the command prints: $name',
    async ({ path }) => {
      const page = join(directory, 'page.html');
      writeFileSync(page, pageOf(readTraceBytes(path), script));
      expect(textOfPage(page) === (await commandText(path))).toBe(true);
    },
    2 * CHROMIUM_MS_MAX,
  );
});

/** A page that shows the text of a trace as base64, which the markup of the page leaves as it is. */
function pageOf(trace: TraceBytes, { code }: Bundle): string {
  const print = `(text) => {
    const bytes = new TextEncoder().encode(text);
    document.querySelector('pre').textContent = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  }`;
  const scripts = [`const TRACE = { print: ${print}, ...${literal(trace)} };`, code];
  return `<!DOCTYPE html><meta charset="utf-8"><pre></pre>${scripts.map((text) => `<script>${text}</script>`).join('')}`;
}

function textOfPage(page: string): string {
  const profile = join(directory, 'profile');
  const { stdout, stderr, status } = spawnSync(
    chromium as string,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      `--user-data-dir=${profile}`,
      '--dump-dom',
      pathToFileURL(page).href,
    ],
    { encoding: 'utf8', timeout: CHROMIUM_MS_MAX, maxBuffer: 1 << 28 },
  );
  const shown = /<pre>([^<]*)<\/pre>/.exec(stdout)?.[1];
  if (status !== 0 || shown === undefined || shown === '') throw new Error(`Chromium ended with ${status}: ${stderr}`);
  return Buffer.from(shown, 'base64').toString();
}
