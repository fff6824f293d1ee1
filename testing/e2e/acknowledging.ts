/** Programs that acknowledge their events, and a session daemon whose processes are killed while it records them. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SessionDaemonClient, saveSessions, spawnDaemon } from '@ringtail/ctl';
import { DEFAULT_CHANNEL } from '@ringtail/protocol';
import { expect } from 'vitest';
import {
  isRunning,
  makeSandbox,
  program,
  type Running,
  type Sandbox,
  startNode,
  textAndWarningsOf,
  until,
} from './harness.ts';

const SESSIOND = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
/** Room for what programs emit while no consumer is there, however long a busy machine takes to start one. */
const ROOMY = { ...DEFAULT_CHANNEL, name: 'roomy', subBufBytes: 1024 * 1024, subBufCount: 64 };
/** So small that it is overwritten all the time. */
const TIGHT = { ...DEFAULT_CHANNEL, name: 'tight', subBufBytes: 32 * 1024, subBufCount: 8 };

/** A program that emits numbered events and says of each that it has been emitted. */
export class Acknowledging {
  readonly name: string;
  readonly #running: Running;
  #bytes = 0;

  constructor(sandbox: Sandbox, name: string, manner: 'in-turns' | 'for-ever') {
    this.name = name;
    this.#running = startNode(sandbox, [program('acknowledge.mjs'), name, manner]);
    this.#running.process.stdout?.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
    });
  }

  /** How many events are known to be emitted. */
  get acknowledged(): number {
    return Math.floor(this.#bytes / 4);
  }

  /** Waits for so many more. A program that a daemon has disturbed does not get there. */
  async goesOn(events = 1): Promise<void> {
    const enough = this.acknowledged + events;
    await until(() => {
      expect(isRunning(this.#running.pid), `${this.name} runs: ${this.#running.stderr}`).toBe(true);
      return this.acknowledged >= enough;
    });
  }

  /** Kills it, and answers how many events it has acknowledged in all. */
  async kill(): Promise<number> {
    this.#running.kill('SIGKILL');
    expect(await this.#running.ended).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    return this.acknowledged;
  }

  /** The numbers of its events in the text of a trace. */
  indexesIn(text: string): number[] {
    const line = new RegExp(`^\\S+ \\S+ (?:\\S+ )?${this.name}:step: .*?\\bindex = (\\d+)`, 'gm');
    return [...text.matchAll(line)].map(([, index]) => Number(index));
  }
}

export interface Snapshot {
  /** A line for each event, here and wherever a trace is read: there may be millions. */
  readonly text: string;
  /**
   * How many times the reader says that packets are missing. A program at full speed may overwrite the oldest of its ring
   * while that is copied.
   */
  readonly gaps: number;
}

/** A session `s` that records, at a session daemon of its own. */
export class KillScene {
  readonly sandbox: Sandbox;
  readonly output: string;
  client: SessionDaemonClient;

  private constructor(sandbox: Sandbox, output: string, client: SessionDaemonClient) {
    this.sandbox = sandbox;
    this.output = output;
    this.client = client;
  }

  /** With `snapshot` the session is a flight recorder with little room. */
  static async open({ snapshot }: { readonly snapshot: boolean }): Promise<KillScene> {
    const base = makeSandbox();
    const sandbox = { ...base, env: { ...base.env, RINGTAIL_RUNDIR: join(base.directory, 'run') } };
    const output = join(base.directory, 'traces', 's');
    const scene = new KillScene(sandbox, output, await startDaemon(sandbox));
    const { client } = scene;
    await client.createSession({ name: 's', output, snapshot });
    const channel = snapshot ? TIGHT : ROOMY;
    await client.enableChannel('s', channel);
    await client.enableEvent('s', { pattern: '*:step' }, channel.name);
    await client.startSession('s');
    return scene;
  }

  /** Starts a program and waits for its first events. */
  async program(name: string, manner: 'in-turns' | 'for-ever'): Promise<Acknowledging> {
    const started = new Acknowledging(this.sandbox, name, manner);
    await started.goesOn();
    return started;
  }

  textOf(trace: string): string {
    const { text, warnings } = textAndWarningsOf(this.sandbox, trace);
    expect(warnings).toBe('');
    return text;
  }

  async snapshot(): Promise<Snapshot> {
    const { path } = await this.client.recordSnapshot('s');
    const snapshot = this.recovered(path);
    rmSync(path, { recursive: true });
    return snapshot;
  }

  /** What lies in the directory of a snapshot, or of one that a consumer left behind. */
  recovered(path: string): Snapshot {
    const { text, warnings } = textAndWarningsOf(this.sandbox, path);
    const gaps = warnings.split('\n').filter((line) => /Tracer discarded \d+ packets? /.test(line)).length;
    expect(warnings.trimEnd().split('\n').filter(Boolean), warnings).toHaveLength(gaps);
    return { text, gaps };
  }

  /** Has the session come back with the next session daemon. */
  async save(): Promise<void> {
    const directory = join(this.sandbox.home, '.ringtail', 'sessions', 'auto');
    mkdirSync(directory, { recursive: true });
    await saveSessions(this.client, { sessions: null, directory });
  }

  async consumer(): Promise<number> {
    const { consumerPid } = await this.client.daemonStatus();
    expect(consumerPid).not.toBeNull();
    return consumerPid as number;
  }

  /** Waits for the consumer that comes after one that was killed. */
  async nextConsumer(former: number): Promise<void> {
    await until(async () => {
      const { consumerPid } = await this.client.daemonStatus();
      return consumerPid !== null && consumerPid !== former;
    });
  }

  /** Kills the session daemon; answers its consumer, which goes on until it has taken everything. */
  async killDaemon(): Promise<number> {
    const consumer = await this.consumer();
    process.kill(this.client.daemonPid, 'SIGKILL');
    this.client.close();
    return consumer;
  }

  /** Starts the next session daemon, which makes saved sessions again. */
  async startDaemonAgain(): Promise<void> {
    this.client = await startDaemon(this.sandbox);
  }

  /** Where the session writes to: one that comes back goes on beside what is there. */
  async currentOutput(): Promise<string> {
    const [session] = await this.client.listSessions();
    return session?.output as string;
  }

  /** Waits until a program has registered with the daemon and is recorded. */
  async recordsAgain(): Promise<void> {
    await until(async () => (await this.client.sessionStatistics('s')).eventsRecorded > 0);
  }

  /** Ends the session daemon in order, and removes what was recorded: a long run would fill the disk. */
  async close(): Promise<void> {
    await this.client.shutdown();
    this.client.close();
    rmSync(join(this.sandbox.directory, 'traces'), { recursive: true, force: true });
  }
}

async function startDaemon({ directory, env }: Sandbox): Promise<SessionDaemonClient> {
  const { client } = await spawnDaemon({ runDirectory: join(directory, 'run'), mainPath: SESSIOND, env });
  return client;
}

/** That these numbers follow each other, with no more gaps than were told, beginning with `first` where that is known. */
export function expectRun(
  indexes: readonly number[],
  where: string,
  { first, gaps = 0 }: { readonly first?: number; readonly gaps?: number } = {},
): void {
  expect(indexes.length, where).toBeGreaterThan(0);
  if (first !== undefined) expect(indexes[0], where).toBe(first);
  const steps = indexes.slice(1).map((index, at) => index - (indexes[at] as number));
  expect(
    steps.findIndex((step) => step < 1),
    where,
  ).toBe(-1);
  expect(steps.filter((step) => step > 1).length, where).toBeLessThanOrEqual(gaps);
}

/** That the last of them is the last acknowledged one, or the one that was emitted and not yet acknowledged. */
export function expectNewest(indexes: readonly number[], acknowledged: number, where: string): void {
  const newest = indexes.at(-1) as number;
  expect(newest, where).toBeGreaterThanOrEqual(acknowledged - 1);
  expect(newest, where).toBeLessThanOrEqual(acknowledged);
}
