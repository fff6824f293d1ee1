import { join } from 'node:path';
import { DEFAULT_CHANNEL, DEFAULT_SESSION } from '@ringtail/protocol';
import { ringBytesFor } from '@ringtail/ringbuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApplication } from '../../../testing/fake-application.test.support.ts';
import { type TestClient, TestDaemon } from '../../../testing/test-daemon.test.support.ts';

const SESSION = { session: 's' };
const channel = { ...DEFAULT_CHANNEL, ownership: 'process', subBufBytes: 4096, subBufCount: 2 } as const;

let daemon: TestDaemon;
let client: TestClient;
let application: FakeApplication;
beforeEach(async () => {
  daemon = new TestDaemon();
  await daemon.start();
  client = await daemon.client();
  await client.ask('create-session', { name: 's', output: join(daemon.parent, 's'), ...DEFAULT_SESSION });
  await client.ask('enable-channel', { ...SESSION, channel });
  await client.ask('start-session', SESSION);
  application = await FakeApplication.registered(daemon.directory.appSocket);
  application.sendRing(application.state()?.channels[0]?.key ?? 0, ringBytesFor(4096, 2));
  await expect.poll(() => daemon.commands('open-ring')).toHaveLength(1);
});
afterEach(async () => {
  application.close();
  await daemon.dispose();
});

const askedSince = (count: number) =>
  daemon
    .asked()
    .slice(count)
    .map(({ command }) => command.type);

describe('the trace of a process that has gone', () => {
  it('is closed when its ring has been taken, and then has no use for checkpoints', async () => {
    const before = daemon.asked().length;
    daemon.tell('hold', 'close-ring');
    application.close();
    await expect.poll(() => askedSince(before)).toEqual(['close-ring']);
    await client.ask('list-sessions', {});
    expect(askedSince(before)).toEqual(['close-ring']);
    daemon.untell('hold');
    await expect.poll(() => askedSince(before)).toEqual(['close-ring', 'close-trace', 'remove-checkpoints']);
  });

  it('is for the next consumer what it has come to, and no trace', async () => {
    application.close();
    await expect.poll(() => daemon.commands('remove-checkpoints')).toHaveLength(1);
    const before = daemon.asked().length;
    daemon.tell('kill-at', 'flush');
    await client.ask('stop-session', SESSION);
    expect(askedSince(before)).toEqual(['flush', 'count-closed-traces', 'flush']);
    expect(daemon.commands('count-closed-traces')[0]?.statistics.eventsRecorded).toBe(42);
  });

  it.each([
    ['that the consumer does not know is not worth a word', 'NO_TRACE', false],
    ['that cannot be closed is worth a warning', 'EIO', true],
  ])('%s; its checkpoints stay', async (_, code, warns) => {
    daemon.tell('refuse', `close-trace ${code}`);
    application.close();
    const told = () =>
      daemon
        .log()
        .split('\n')
        .find((line) => line.includes('refused by the test'));
    await expect.poll(told).toBeDefined();
    expect(told()?.includes(' warn ')).toBe(warns);
    await client.ask('stop-session', SESSION);
    expect(daemon.commands('remove-checkpoints')).toEqual([]);
  });
});
