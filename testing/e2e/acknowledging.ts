/** Programs that acknowledge their events, and a session daemon whose processes are killed during the recording. */
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
/** Room for events without a consumer daemon, however long a busy machine takes to start one. */
const ROOMY = { ...DEFAULT_CHANNEL, name: 'roomy', subBufBytes: 1024 * 1024, subBufCount: 64 };
/** Small, so that it is overwritten continuously. */
const TIGHT = { ...DEFAULT_CHANNEL, name: 'tight', subBufBytes: 32 * 1024, subBufCount: 8 };

/** A program that emits numbered events and acknowledges each one. */
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

  /** Number of acknowledged events. */
  get acknowledged(): number {
    return Math.floor(this.#bytes / 4);
  }

  /** Waits for this number of further events. A program that a daemon has disturbed does not reach it. */
  async goesOn(events = 1): Promise<void> {
    const enough = this.acknowledged + events;
    await until(() => {
      expect(isRunning(this.#running.pid), `${this.name} runs: ${this.#running.stderr}`).toBe(true);
      return this.acknowledged >= enough;
    });
  }

  /** Kills it. @returns the number of acknowledged events */
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
  /** Uses one line for each event, since there may be millions. */
  readonly text: string;
  /**
   * Number of reports of missing packets. A program at full speed may overwrite the oldest part of its ring during a
   * copy.
   */
  readonly gaps: number;
}

/** An active session `s` at a separate session daemon. */
export class KillScene {
  readonly sandbox: Sandbox;
  readonly output: string;
  client: SessionDaemonClient;

  private constructor(sandbox: Sandbox, output: string, client: SessionDaemonClient) {
    this.sandbox = sandbox;
    this.output = output;
    this.client = client;
  }

  /** With `snapshot` the session is a flight recorder with small buffers. */
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

  /** Events in the directory of a snapshot, or of one that a consumer daemon left behind. */
  recovered(path: string): Snapshot {
    const { text, warnings } = textAndWarningsOf(this.sandbox, path);
    const gaps = warnings.split('\n').filter((line) => /Tracer discarded \d+ packets? /.test(line)).length;
    expect(warnings.trimEnd().split('\n').filter(Boolean), warnings).toHaveLength(gaps);
    return { text, gaps };
  }

  /** Lets the next session daemon load the session. */
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

  /** Waits for the successor of a killed consumer daemon. */
  async nextConsumer(former: number): Promise<void> {
    await until(async () => {
      const { consumerPid } = await this.client.daemonStatus();
      return consumerPid !== null && consumerPid !== former;
    });
  }

  /** Kills the session daemon. @returns its consumer daemon, which first takes all events */
  async killDaemon(): Promise<number> {
    const consumer = await this.consumer();
    process.kill(this.client.daemonPid, 'SIGKILL');
    this.client.close();
    return consumer;
  }

  /** Starts the next session daemon, which loads saved sessions. */
  async startDaemonAgain(): Promise<void> {
    this.client = await startDaemon(this.sandbox);
  }

  /** Output of the session; a loaded session writes beside the existing trace. */
  async currentOutput(): Promise<string> {
    const [session] = await this.client.listSessions();
    return session?.output as string;
  }

  /** Waits until a program has registered with the daemon and is recorded. */
  async recordsAgain(): Promise<void> {
    await until(async () => (await this.client.sessionStatistics('s')).eventsRecorded > 0);
  }

  /** Ends the session daemon in order and removes the traces, since a long run would fill the disk. */
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

/** Checks that these numbers are consecutive, with at most the reported gaps, from `first` if it is known. */
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

/** Checks that the last number is the last acknowledged one, or the next one, emitted and not yet acknowledged. */
export function expectNewest(indexes: readonly number[], acknowledged: number, where: string): void {
  const newest = indexes.at(-1) as number;
  expect(newest, where).toBeGreaterThanOrEqual(acknowledged - 1);
  expect(newest, where).toBeLessThanOrEqual(acknowledged);
}
