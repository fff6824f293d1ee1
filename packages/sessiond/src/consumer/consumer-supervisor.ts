import type { Log } from '../log/log.ts';
import type { ConsumerProcess, StartConsumer } from './consumer-process.ts';
import { RestartPolicy } from './restart-policy.ts';

/** Limits for a consumer to connect, and to end once it is asked to. */
const CONNECT_TIMEOUT_MS = 15_000;
const END_TIMEOUT_MS = 10_000;
/** Time after which {@link ConsumerSupervisor.stop} gives up a process: to end by itself, by SIGTERM, by SIGKILL. */
export const CONSUMER_STOP_MS_MAX = 3 * END_TIMEOUT_MS;

export interface ConsumerSupervisorOptions {
  readonly startConsumer: StartConsumer;
  /** A consumer that has worked for longer than this has not hung since it connected. */
  readonly hangTimeoutMs: number;
  /** Called when the process has ended, before the next one is started. */
  readonly onEnded: () => void;
  /** Called when there is no consumer, and none will be soon. */
  readonly onUnavailable: (why: string) => void;
  /** Called when a consumer that has hung is killed. */
  readonly onHung: (sentence: string) => void;
  readonly log: Log;
}

/** Keeps one consumer process running: starts the next one when it ends, kills one that hangs. */
export class ConsumerSupervisor {
  readonly #options: ConsumerSupervisorOptions;
  readonly #policy = new RestartPolicy();
  #process: ConsumerProcess | undefined;
  /** When the process connected; undefined while it is not connected. */
  #connectedMs: number | undefined;
  #workedMs = 0;
  #restarts = 0;
  #restart: NodeJS.Timeout | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** Whether the process hung and is about to be replaced. */
  #hasHung = false;

  constructor(options: ConsumerSupervisorOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Number of consumers that were started in the place of another one. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Number of consumers in a row that hung. */
  get hangs(): number {
    const { hangTimeoutMs } = this.#options;
    const works = this.#connectedMs !== undefined && performance.now() - this.#connectedMs > hangTimeoutMs;
    return works && !this.#hasHung ? 0 : this.#policy.hangs + Number(this.#hasHung);
  }

  start(): void {
    const consumer = this.#options.startConsumer();
    this.#process = consumer;
    this.#workedMs = 0;
    this.#options.log.info(`started the consumer, process ${consumer.pid}`);
    const timer = setTimeout(() => {
      this.#options.log.error(`the consumer has not connected within ${CONNECT_TIMEOUT_MS} ms`);
      consumer.kill('SIGKILL');
    }, CONNECT_TIMEOUT_MS);
    this.#connectTimer = timer;
    void consumer.ended.then((how) => {
      clearTimeout(timer);
      this.#processEnded(how);
    });
  }

  /** Ends the process, so that another one starts. */
  replace(): void {
    this.#process?.kill('SIGTERM');
  }

  connected(): void {
    clearTimeout(this.#connectTimer);
    this.#connectedMs = performance.now();
  }

  /** A consumer without its connection ends by itself once it has drained its rings; the next one waits for that. */
  disconnected(): void {
    if (this.#connectedMs === undefined) return;
    this.#workedMs = performance.now() - this.#connectedMs;
    this.#connectedMs = undefined;
    const consumer = this.#process;
    if (consumer === undefined || this.#isStopping) return;
    const timer = setTimeout(() => consumer.kill('SIGKILL'), END_TIMEOUT_MS);
    void consumer.ended.then(() => clearTimeout(timer));
  }

  /** A process that hangs in the kernel stays there after the signal until its file system answers. */
  giveUpHung(): void {
    const consumer = this.#process;
    if (consumer === undefined) return;
    const { hangTimeoutMs, onHung, onUnavailable, log } = this.#options;
    log.error(`the consumer has done nothing for ${Math.round(hangTimeoutMs / 1000)} s, and is killed`);
    this.#hasHung = true;
    onHung(this.#describeHang('it is given up, and what it has not taken from rings may be lost'));
    consumer.kill('SIGKILL');
    const timer = setTimeout(() => {
      if (this.#process === consumer) onUnavailable(this.#describeHang('it cannot even be killed'));
    }, END_TIMEOUT_MS);
    timer.unref();
    void consumer.ended.then(() => clearTimeout(timer));
  }

  /** Waits for the process to end, which its closed connection asks for; then terminates it, then kills it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const consumer = this.#process;
    if (consumer === undefined) return;
    const timers = [
      setTimeout(() => consumer.kill('SIGTERM'), END_TIMEOUT_MS),
      setTimeout(() => consumer.kill('SIGKILL'), 2 * END_TIMEOUT_MS),
    ];
    // A process that has not connected yet has no rings to drain.
    if (this.#connectedMs === undefined) consumer.kill('SIGTERM');
    // A process that hangs in the kernel may never end.
    const givenUp = new Promise<void>((resolve) => {
      timers.push(setTimeout(resolve, CONSUMER_STOP_MS_MAX));
    });
    await Promise.race([consumer.ended, givenUp]);
    for (const timer of timers) clearTimeout(timer);
  }

  #processEnded(how: string): void {
    this.#process = undefined;
    this.#options.onEnded();
    if (this.#isStopping) return;
    const delayMs = this.#hasHung ? this.#delayAfterHang() : this.#delayAfterEnd(how);
    this.#options.log.error(`the consumer has gone: ${how}; starting another in ${delayMs} ms`);
    this.#restart = setTimeout(() => {
      this.#restarts++;
      this.start();
    }, delayMs);
  }

  #delayAfterEnd(how: string): number {
    const { delayMs, hopeless } = this.#policy.ended(this.#workedMs);
    if (hopeless) this.#options.onUnavailable(`the consumer daemon cannot be started: ${how}`);
    return delayMs;
  }

  /** The first consumer in a row that hung is replaced at once: its disk may have been slow. */
  #delayAfterHang(): number {
    this.#hasHung = false;
    const { delayMs } = this.#policy.hung(this.#workedMs, this.#options.hangTimeoutMs);
    if (this.#policy.hangs > 1) {
      this.#options.onUnavailable(this.#describeHang(`it is tried again in ${delayMs / 1000} s`));
    }
    return delayMs;
  }

  #describeHang(next: string): string {
    const hang = `the consumer daemon has done nothing for ${Math.round(this.#options.hangTimeoutMs / 1000)} s`;
    return `${hang}: is an output directory on a file system that does not answer? ${next}`;
  }
}
