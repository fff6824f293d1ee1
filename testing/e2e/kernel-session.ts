/** Shared parts of the tests that trace the kernel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Running, type Sandbox, sandboxWithDaemon, succeed, textAndWarningsOf } from './harness.ts';

/** Where the session daemon mounts it. */
const TRACEFS = '/sys/kernel/tracing';
const INSTANCES = join(TRACEFS, 'instances');
/** Settings of the top instance, which belongs to others. */
const TOP_SETTINGS = [
  'tracing_on',
  'buffer_size_kb',
  'buffer_subbuf_size_kb',
  'trace_clock',
  'set_event',
  'set_event_pid',
  'current_tracer',
  'options/overwrite',
];

export interface KernelSandbox extends Sandbox {
  readonly trace: string;
}

/** A session daemon of root with a session `s`. */
export async function sandboxWithSession(...options: readonly string[]): Promise<KernelSandbox> {
  const sandbox = sandboxWithDaemon();
  const trace = join(sandbox.directory, 'trace');
  await succeed(sandbox, 'create', 's', '-o', trace, ...options);
  return { ...sandbox, trace };
}

/** Names of the instances that a session daemon has made. */
export function instancesOf(daemon: number): string[] {
  if (!existsSync(INSTANCES)) return [];
  return readdirSync(INSTANCES).filter((name) => name.startsWith('ringtail.') && name.split('.')[2] === String(daemon));
}

export function topSettings(): Readonly<Record<string, string>> {
  const there = TOP_SETTINGS.filter((name) => existsSync(join(TRACEFS, name)));
  return Object.fromEntries(there.map((name) => [name, readFileSync(join(TRACEFS, name), 'utf8')]));
}

/** A counter of each CPU's buffer of an instance, by the number of the CPU. */
export function countersOf(instance: string, name: string): Map<number, number> {
  const directory = join(INSTANCES, instance, 'per_cpu');
  return new Map(
    readdirSync(directory).map((cpu) => {
      const stats = readFileSync(join(directory, cpu, 'stats'), 'utf8');
      return [Number(cpu.slice('cpu'.length)), Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(stats)?.[1])];
    }),
  );
}

export interface KernelTraceEvent {
  /** Clock value: nanoseconds of CLOCK_MONOTONIC. */
  readonly at: bigint;
  readonly name: string;
  /** Undefined for events of user space. */
  readonly cpu: number | undefined;
  /** Undefined without the context. */
  readonly tid: number | undefined;
  readonly text: string;
}

/** The events of a trace. Babeltrace 2, where it is installed, prints the same text. */
export function kernelEventsOf(sandbox: Sandbox, trace: string): { events: KernelTraceEvent[]; warnings: string } {
  const { text, warnings } = textAndWarningsOf(sandbox, trace, '--clock-cycles');
  const lines = text.split('\n').filter((line) => line !== '');
  return { events: lines.map(parseLine), warnings };
}

function parseLine(line: string): KernelTraceEvent {
  const match = /^\[(\d+)\] \(\+[^)]*\) (?:\S+ )?([\w:]+): (.*)$/.exec(line);
  if (match === null) throw new Error(`not an event: ${line}`);
  const [, at, name, text] = match as unknown as [string, string, string, string];
  const numberOf = (field: string): number | undefined => {
    const digits = new RegExp(`\\b${field} = (\\d+)`).exec(text)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  return { at: BigInt(at), name, cpu: numberOf('cpu_id'), tid: numberOf('tid'), text };
}

/** Runs `dd` with blocks of a byte: a call of `read` and of `write` for each. @returns its process number */
export async function copyBlocks(sandbox: Sandbox, blocks: number): Promise<number> {
  const options = ['if=/dev/zero', 'of=/dev/null', 'bs=1', `count=${blocks}`, 'status=none'];
  const dd = new Running('dd', options, sandbox.env);
  const { code, stderr } = await dd.ended;
  if (code !== 0) throw new Error(`dd ended with ${code}: ${stderr}`);
  return dd.pid;
}

export function sumOf(counters: ReadonlyMap<number, number>): number {
  return [...counters.values()].reduce((sum, count) => sum + count, 0);
}

/** Calls of `write` by which `dd` wrote its blocks. The process wrote before it became `dd`, too. */
export function blocksWritten(events: readonly KernelTraceEvent[], dd: number): KernelTraceEvent[] {
  return events.filter(
    ({ name, tid, text }) => name === 'syscall_entry_write' && tid === dd && /\bfd = 1, .*\bcount = 1 /.test(text),
  );
}
