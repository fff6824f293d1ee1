/**
 * `steps.mjs`: a program that emits events numbered from 0 until its standard input ends, and then prints their number.
 */
import { program, type Running, type Sandbox, startNode, until } from './harness.ts';

/** Starts it, and waits until it has emitted its first event. @param count of events every 2 ms */
export async function startSteps(sandbox: Sandbox, count = 20): Promise<Running> {
  const running = startNode(sandbox, [program('steps.mjs'), String(count)]);
  await running.says(/ready/);
  return running;
}

/** Waits until it, or the recording of it, has emitted this many further events. */
export async function untilEmittedMore(running: Running, count: number): Promise<void> {
  const before = await emittedSoFar(running);
  await until(async () => (await emittedSoFar(running)) >= before + count);
}

/** Ends it, or the recording of it. @returns the number of its events */
export async function emittedBy(running: Running): Promise<number> {
  running.process.stdin?.end();
  await running.ended;
  return Number((await running.says(/emitted (\d+)/))[1]);
}

async function emittedSoFar(running: Running): Promise<number> {
  const counts = () => [...running.stdout.matchAll(/^(\d+) so far$/gm)];
  const before = counts().length;
  running.process.stdin?.write('\n');
  await until(() => counts().length > before);
  return Number(counts().at(-1)?.[1]);
}
