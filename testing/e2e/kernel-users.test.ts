/** Members of the tracing group record the kernel through root's daemon. */
import { readdirSync, statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireKernelTracing } from '../kernel-tracing.ts';
import { makeSandbox, RINGTAIL } from './harness.ts';
import { blocksWritten, copyBlocks, kernelEventsOf } from './kernel-session.ts';
import { othersCanRun, SharedDaemon, USERS } from './shared-daemon.ts';

const isThere = requireKernelTracing('the kernel for members of the tracing group');

describe.skipIf(!isThere || !othersCanRun)('a member of the tracing group', () => {
  it('records the kernel into a trace of its own', async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [member] = USERS;
    const trace = join(daemon.homeOf(member), 'trace');
    for (const line of ['enable-event -k --syscall write', 'add-context -k -t tid', 'start']) {
      if (line.startsWith('enable')) await daemon.ringtail(member, 'create', 's', '-o', trace);
      expect(await daemon.ringtail(member, ...line.split(' '))).toMatchObject({ code: 0, stderr: '' });
    }
    const sandbox = makeSandbox();
    const dd = await copyBlocks(sandbox, 200);
    expect((await daemon.ringtail(member, 'destroy')).code).toBe(0);
    const files = readdirSync(trace, { recursive: true }).map((name) => join(trace, name as string));
    expect(new Set([trace, ...files].map((file) => statSync(file).uid))).toEqual(new Set([member]));
    const view = await daemon.run(member, [RINGTAIL, 'view', trace]);
    expect(view.stdout).toContain('syscall_entry_write');
    const { events } = kernelEventsOf(sandbox, trace);
    expect(blocksWritten(events, dd)).toHaveLength(200);
  });

  it("has at most half of the memory for the kernel's buffers that others leave", async () => {
    const daemon = new SharedDaemon();
    await daemon.start();
    const [member] = USERS;
    expect((await daemon.ringtail(member, 'create', 's', '-o', join(daemon.homeOf(member), 'trace'))).code).toBe(0);
    const subBufs = Math.ceil(totalmem() / 8 / (512 * 1024));
    const line = `enable-channel -k --subbuf-size=512k --num-subbuf=${subBufs} c`;
    expect((await daemon.ringtail(member, ...line.split(' '))).stderr).toMatch(
      new RegExp(`the share of user ${member} is used up: .* bytes of buffers in the kernel`),
    );
  });
});
