import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';

const METADATA = `/* CTF 1.8 */
typealias integer { size = 8; } := u8;
trace { major = 1; minor = 8; byte_order = le; };
stream { packet.context := struct { u8 procname; }; event.header := struct { u8 id; }; };
event { name = "shop:order"; id = 0; fields := struct { u8 customer; }; };
event { name = "shop:payment"; id = 1; fields := struct { u8 amount; }; };
`;

/** Runs `view` on a trace without events, which it prints nothing of. */
async function view(...options: readonly string[]) {
  const context = fakeContext();
  const trace = join(context.cwd, 'trace');
  mkdirSync(trace);
  writeFileSync(join(trace, 'metadata'), METADATA);
  const { code } = await run(['view', trace, ...options], context);
  return { code, errors: context.errors().replaceAll(trace, 'TRACE') };
}

describe('ringtail view', () => {
  it.each([
    ['--name', 'shop:oder', 'no event has the name "shop:oder"; did you mean "shop:order"?'],
    ['--name', 'app:*', 'no event has the name "app:*"; there are shop:order, shop:payment'],
    ['--filter', 'custmer == 1', 'none has the field "custmer"; did you mean "customer"?'],
    ['--filter', 'amount > 1 && procname == 1', '"procname" is a context field, write $ctx.procname'],
    ['--filter', '$ctx.amount > 1', 'none has the context field "$ctx.amount"; "amount" is a field of the payload'],
    ['--filter', '$ctx.procnam == 1', 'none has the context field "$ctx.procnam"; did you mean "procname"?'],
  ])('warns of %s %s, which matches no event', async (option, value, sentence) => {
    const { code, errors } = await view(option, value);
    expect([code, errors]).toEqual([0, expect.stringContaining(sentence)]);
  });

  it.each([
    ['--name', 'shop:*'],
    ['--filter', 'customer == 1 || amount == 2'],
    ['--filter', '$ctx.procname == 1'],
  ])('warns of nothing with %s %s', async (...options) => {
    expect(await view(...options)).toEqual({ code: 0, errors: '' });
  });

  it('asks for two times where there is one', async () => {
    const { code, errors } = await view('--timerange', '17:07:42');
    expect([code, errors]).toEqual([1, expect.stringContaining('"17:07:42" is not a time range: write BEGIN,END')]);
    expect((await view('--begin', 'yesterday')).errors).toContain('"yesterday" is not a time: write 14:03:20,');
  });

  it('refuses options that another reader does not receive', async () => {
    const { code, errors } = await view('-e', 'true', '--name', 'shop:*');
    expect([code, errors]).toEqual([1, expect.stringContaining("--name concerns Ringtail's own reader")]);
    expect(await view('-e', 'true')).toEqual({ code: 0, errors: '' });
  });

  it('names the nearest session or directory for one that does not exist', async () => {
    const context = fakeContext();
    mkdirSync(join(context.cwd, 'ringtail-traces', 'black-box-20260102-000000'), { recursive: true });
    expect(await run(['view', 'blackbox'], context)).toEqual({ code: 1 });
    expect(context.errors()).toMatch(/"blackbox" is no session, no directory, and no trace in .*ringtail-traces\n/);
    expect(context.errors()).toContain('did you mean "black-box"?');
    expect(await run(['view', '--follow', 'blackbox'], context)).toEqual({ code: 1 });
  });
});
