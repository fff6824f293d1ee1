import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, type ConsumerOptions, type ImmediateCommand } from '../consumer.ts';
import { systemOutput } from '../output/files/file-calls.ts';
import { FakeTimers } from './fake-timers.test.support.ts';
import { TestRing, type TestRingOptions } from './test-ring.test.support.ts';

/** A directory with rings, and the consumers that a test has of them; all of it goes when the scene is closed. */
export class ConsumerScene {
  readonly root = mkdtempSync(join(tmpdir(), 'ringtail-consumer-'));
  readonly rings: TestRing[] = [];
  readonly timers = new FakeTimers();
  /** What the consumers have logged. */
  readonly logged: string[] = [];
  readonly #consumers: Consumer[] = [];

  makeRing(options: Partial<TestRingOptions> = {}): TestRing {
    const name = `channel0_10-11-${this.rings.length + 1}.ring`;
    const ring = new TestRing({ directory: this.root, name, ...options });
    this.rings.push(ring);
    return ring;
  }

  makeConsumer(options: Partial<ConsumerOptions> = {}): Consumer {
    const log = (sentence: string) => void this.logged.push(sentence);
    const consumer = new Consumer({ output: systemOutput, timers: this.timers, log, ...options });
    this.#consumers.push(consumer);
    return consumer;
  }

  close(): void {
    for (const consumer of this.#consumers) consumer.close();
    for (const ring of this.rings) ring.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The code with which a consumer refuses a command; undefined if it does not. */
export function codeOf(consumer: Consumer, command: ImmediateCommand): string | undefined {
  try {
    consumer.handle(command);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
