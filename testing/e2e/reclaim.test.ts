/** Unused memory of rings goes back to the system, also of sub-buffers that were released long ago. */
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  eventsOf,
  indexesOf,
  program,
  type Sandbox,
  sandboxWithDaemon,
  sessionDaemonOf,
  startNode,
  succeed,
  until,
} from './harness.ts';

const SUB_BUF_BYTES = 65_536;
const SUB_BUF_COUNT = 8;
/** Several times round the ring. */
const BURST = 200_000;

/** Memory of the rings that the session daemon holds, in bytes. */
function ringBytes(sandbox: Sandbox): number {
  const directory = `/proc/${sessionDaemonOf(sandbox)}/fd`;
  return readdirSync(directory)
    .map((fd) => join(directory, fd))
    .filter((fd) => targetOf(fd).startsWith('/memfd:ringtail-ring'))
    .reduce((sum, fd) => sum + statSync(fd).blocks * 512, 0);
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

it.each(['idle', 'busy'])(
  'a program that is %s gives back its free sub-buffers and continues to record',
  async (state) => {
    const sandbox = sandboxWithDaemon();
    const trace = join(sandbox.directory, 'trace');
    await succeed(sandbox, 'create', 's', '-o', trace);
    const size = [`--subbuf-size=${SUB_BUF_BYTES}`, `--num-subbuf=${SUB_BUF_COUNT}`, '--blocking-timeout=inf'];
    await succeed(sandbox, 'enable-channel', '-u', 'c', ...size);
    await succeed(sandbox, 'enable-event', '-u', '-c', 'c', 'e2e:*');
    await succeed(sandbox, 'start');
    const running = startNode(sandbox, [program('bursts.mjs')], { RINGTAIL_ALLOW_BLOCKING: '1' });
    const say = async (line: string) => {
      running.process.stdin?.write(`${line}\n`);
      await running.says(new RegExp(`did ${line}\n`));
    };
    await say(`${BURST}`);
    const fullBytes = SUB_BUF_COUNT * SUB_BUF_BYTES;
    expect(ringBytes(sandbox)).toBeGreaterThanOrEqual(fullBytes);
    if (state === 'busy') await say('busy');

    // Longer than the uptime of any test machine.
    await succeed(sandbox, 'reclaim-memory', '-u', '-a', '--older-than=1000000h');
    if (state === 'idle') {
      // At its next event the program has carried out the request.
      await say('1');
      expect(ringBytes(sandbox)).toBeGreaterThanOrEqual(fullBytes);
    }
    await succeed(sandbox, 'reclaim-memory', '-u', '-a', '--older-than=1us');
    // The open sub-buffer stays, with sub-buffers that the loop has opened since; the ring's header is a page.
    await until(() => ringBytes(sandbox) <= 2 * SUB_BUF_BYTES + 8192);

    if (state === 'idle') {
      await say('3000');
      running.process.stdin?.end();
      expect((await running.ended).code).toBe(0);
    } else running.kill('SIGKILL');
    await succeed(sandbox, 'destroy');
    const indexes = indexesOf(eventsOf(sandbox, trace));
    // The program waited for room, so no event is missing.
    expect(indexes).toEqual(Array.from({ length: indexes.length }, (_, index) => index));
    if (state === 'idle') expect(indexes).toHaveLength(BURST + 1 + 3000);
    else expect(indexes.length).toBeGreaterThan(BURST);
  },
);
