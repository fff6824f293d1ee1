/** `steps.mjs`: a program that emits events numbered from 0 until its standard input ends, then prints their number. */
import { program, type Running, type Sandbox, startNode } from './harness.ts';

/** Starts it, and waits until it has emitted its first event. */
export async function startSteps(sandbox: Sandbox): Promise<Running> {
  const running = startNode(sandbox, [program('steps.mjs')]);
  await running.says(/ready/);
  return running;
}

/** Ends it, or its recording. @returns the number of emitted events */
export async function emittedBy(running: Running): Promise<number> {
  running.process.stdin?.end();
  await running.ended;
  return Number((await running.says(/emitted (\d+)/))[1]);
}
