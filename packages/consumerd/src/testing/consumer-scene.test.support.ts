import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeTimers } from '@ringtail/base/testing';
import type { SessionStatistics } from '@ringtail/protocol';
import { Consumer, type ConsumerOptions, type OrderedCommand } from '../consumer.ts';
import { systemCalls } from '../output/files/file-calls.ts';
import { TestRing, type TestRingOptions } from './test-ring.test.support.ts';

/** Directory with rings and their consumers. All of it is removed when the scene is closed. */
export class ConsumerScene {
  readonly root = mkdtempSync(join(tmpdir(), 'ringtail-consumer-'));
  readonly rings: TestRing[] = [];
  readonly timers = new FakeTimers();
  /** Sentences that the consumers have logged. */
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
    const consumer = new Consumer({ calls: systemCalls, timers: this.timers, log, ...options });
    this.#consumers.push(consumer);
    return consumer;
  }

  close(): void {
    for (const consumer of this.#consumers) consumer.close();
    for (const ring of this.rings) ring.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Statistics that a consumer answers at once. */
export function answerOf(consumer: Consumer, command: OrderedCommand): SessionStatistics {
  const answer = consumer.handle(command);
  if (answer === null || answer instanceof Promise) throw new Error(`${command.type} is not answered with statistics`);
  return answer;
}

/** The code with which a consumer refuses a command; undefined if it does not. */
export function codeOf(consumer: Consumer, command: OrderedCommand): string | undefined {
  try {
    consumer.handle(command);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
