/** Records programs that have no tracepoints. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import {
  eventsOf,
  makeSandbox,
  REGISTER_URL,
  record,
  type Sandbox,
  sandboxWithDaemon,
  startNode,
  succeed,
  type TracedEvent,
} from '../e2e/harness.ts';

/** An event of the runtime, with its fields by name. */
export interface RuntimeEvent {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The context `$app.node:request_id`, where it was recorded and has a value. */
  readonly requestId: string | undefined;
}

/** How a recorded program ended, and its events in order. */
export interface RecordedProgram {
  readonly events: RuntimeEvent[];
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Records a program with the instruments. It has to end with the exit code 0.
 *
 * @param source of an ES module that knows nothing of Ringtail
 * @param options of `record`, such as its rules
 */
export async function recorded(source: string, options: readonly string[] = []): Promise<RecordedProgram> {
  const program = await recordedFile(programIn(makeSandbox(), source), options);
  expect(program.code).toBe(0);
  return program;
}

/** The same for a program with any exit code. Its output and exit code have to be as without Ringtail. */
export async function recordedUnchanged(source: string, options: readonly string[] = []): Promise<RecordedProgram> {
  const file = programIn(makeSandbox(), source);
  const plain = await startNode(file.sandbox, [file.path]).ended;
  const program = await recordedFile(file, options);
  expect(outcomeOf(program)).toEqual(outcomeOf(plain));
  return program;
}

/** Warnings of Node.js begin with the identifier of the process. */
function outcomeOf({ code, stdout, stderr }: Pick<RecordedProgram, 'code' | 'stdout' | 'stderr'>) {
  return { code, stdout, stderr: stderr.replaceAll(/^\(node:\d+\)/gm, '(node:PID)') };
}

/** The events of a program's run that rules name, with the request to which each belongs. */
export async function recordedWithRequests(source: string, rules: readonly string[]): Promise<RuntimeEvent[]> {
  const { sandbox, path } = programIn(sandboxWithDaemon(), source);
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 'requests', '-o', trace);
  for (const rule of rules) await succeed(sandbox, 'enable-event', '-u', rule);
  await succeed(sandbox, 'add-context', '-u', '-t', '$app.node:request_id');
  await succeed(sandbox, 'start');
  const ended = await startNode(sandbox, ['--import', REGISTER_URL, path]).ended;
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  await succeed(sandbox, 'destroy');
  return eventsOf(sandbox, trace).map(withFields);
}

interface ProgramFile {
  readonly sandbox: Sandbox;
  readonly path: string;
}

const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));

function programIn(sandbox: Sandbox, source: string): ProgramFile {
  const path = join(sandbox.directory, 'app.mjs');
  writeFileSync(path, source);
  symlinkSync(PACKAGES, join(sandbox.directory, 'node_modules'));
  return {
    sandbox: { ...sandbox, env: { ...sandbox.env, RINGTAIL_INSTRUMENT: undefined, NODE_PRESERVE_SYMLINKS: '1' } },
    path,
  };
}

async function recordedFile({ sandbox, path }: ProgramFile, options: readonly string[]): Promise<RecordedProgram> {
  const { ended, summary, trace } = await record(sandbox, [process.execPath, path], options);
  expect([summary.troubles, summary.eventsDiscarded]).toEqual([[], 0]);
  const { stdout, stderr } = ended;
  return {
    events: eventsOf(sandbox, trace).map(withFields),
    code: summary.exitCode,
    stdout,
    // The summary is the last line.
    stderr: stderr.slice(0, stderr.trimEnd().lastIndexOf('\n') + 1),
  };
}

/** The fields of events with the same name, in order. */
export function fieldsOf(events: readonly RuntimeEvent[], name: string): RuntimeEvent['fields'][] {
  return events.filter((event) => event.name === name).map(({ fields }) => fields);
}

/**
 * The fields of the two events of each call, in order of the begins.
 *
 * @param stem of the events' names: `node_pg:query` for `node_pg:query_begin` and `node_pg:query_end`
 */
export function callsOf(events: readonly RuntimeEvent[], stem: string) {
  const ends = new Map(fieldsOf(events, `${stem}_end`).map((fields) => [fields.call_id, fields]));
  return fieldsOf(events, `${stem}_begin`).map((begin) => ({ begin, end: ends.get(begin.call_id) }));
}

/**
 * Reads `NAME = VALUE` of a line of text, in which line feeds are `\n`. The elements of a sequence become lines.
 * Structures are not read.
 */
function withFields({ name, fields }: TracedEvent): RuntimeEvent {
  const payload = fields.slice(fields.indexOf('}, {') + 4);
  const values = [
    ...payload.matchAll(
      /(\w+) = (?:"((?:[^"\\]|\\.)*)"|\( "([^"]*)"[^)]*\)|\[ ((?:\[\d+\] = "[^"]*",? )*)\]|([^,\s}]+))/g,
    ),
  ];
  return {
    name,
    requestId: /_app_node_request_id = \{ (\d+) \}/.exec(fields)?.[1],
    fields: Object.fromEntries(
      values.map(([, field, text, label, elements, plain]) => [
        field,
        text?.replaceAll(/\\(["'?\\])/g, '$1') ?? label ?? (elements === undefined ? plain : linesOf(elements)),
      ]),
    ),
  };
}

function linesOf(elements: string): string {
  return [...elements.matchAll(/"([^"]*)"/g)].map(([, element]) => element).join('\n');
}
