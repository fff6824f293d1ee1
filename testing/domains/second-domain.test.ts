/**
 * A second domain, which the command line and the session daemon's commands know nothing about, goes through every
 * command.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPosix } from '@ringtail/posix';
import type { SessionDescription } from '@ringtail/protocol';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../packages/cli/src/index.ts';
import { violations } from '../../packages/cli/src/mi/schema-facts.test.support.ts';
import { fakeContext } from '../../packages/cli/src/testing/fake-context.test.support.ts';
import { readStream } from '../../packages/consumerd/src/testing/read-stream.test.support.ts';
import type { TestRing } from '../../packages/consumerd/src/testing/test-ring.test.support.ts';
import type { Domain } from '../../packages/sessiond/src/domains/domain.ts';
import { FileLog } from '../../packages/sessiond/src/log/log.ts';
import { type SessionDaemonOptions, startSessionDaemon } from '../../packages/sessiond/src/session-daemon.ts';
import { claimRunDirectory } from '../../packages/sessiond/src/startup/run-directory-claim.ts';
import { FakeApplication } from '../../packages/sessiond/src/testing/fake-application.test.support.ts';
import { FakeKernel } from './fake-kernel.test.support.ts';
import { KERNEL_STREAM, RecordingKernel } from './recording-kernel.test.support.ts';

const SESSIOND = fileURLToPath(new URL('../../packages/sessiond/dist/', import.meta.url));
const FAKE_CONSUMER = join(SESSIOND, 'testing/fake-consumer.test.support.js');
const CONSUMER = fileURLToPath(new URL('../../packages/consumerd/dist/main.js', import.meta.url));

/** A session daemon in this process with these domains besides user space, and its command line. */
async function world(domains: readonly Domain[] | SessionDaemonOptions['domains'], consumerMain = FAKE_CONSUMER) {
  const loaded = loadPosix();
  if (!loaded.ok) throw new Error(loaded.reason);
  const home = fakeContext();
  const uid = home.uid;
  const claim = await claimRunDirectory(join(home.cwd, 'run'), uid, 0o700);
  const log = new FileLog({ path: claim.directory.logFile, level: 'debug', toStderr: false, now: () => new Date() });
  const daemon = await startSessionDaemon({
    posix: loaded.posix,
    claim,
    uid,
    clientGroup: undefined,
    missingGroup: null,
    consumerMain,
    helperMain: join(SESSIOND, 'helpers/helper-main.js'),
    defaultFormat: 'ctf-1.8',
    metrics: undefined,
    domains: typeof domains === 'function' ? domains : () => domains ?? [],
    log,
    onStopping: () => undefined,
  });
  onTestFinished(() => daemon.stop('the test is over'));

  const command = async (line: string): Promise<{ code: number; out: string; err: string }> => {
    let out = '';
    let err = '';
    const stdout = { write: (text: string) => (out += text) };
    const stderr = { write: (text: string) => (err += text) };
    const { code } = await run(line.split(' '), { ...home, stdout, stderr });
    return { code, out, err };
  };
  /** Standard output of a command that succeeds. */
  const succeed = async (line: string): Promise<string> => {
    const { code, out, err } = await command(line);
    expect([line, code, err]).toEqual([line, 0, '']);
    return out;
  };
  return { home: home.cwd, appSocket: claim.directory.appSocket, command, succeed };
}

/** The domains of the session `s`, with their rules in order: alternatives of a channel have none of their own. */
async function describedDomains(succeed: (line: string) => Promise<string>): Promise<unknown> {
  const { session } = JSON.parse(await succeed('list s --output-format=json')) as { session: SessionDescription };
  return session.domains.map(({ channels, ...domain }) => ({
    ...domain,
    channels: channels.map(({ rules, ...channel }) => ({
      ...channel,
      rules: [...rules].sort((a, b) => a.pattern.localeCompare(b.pattern)),
    })),
  }));
}

describe('a second domain', () => {
  it('goes through every command beside user space', async () => {
    const kernel = new FakeKernel();
    const { home, succeed } = await world([kernel]);
    await succeed(`create s -o ${join(home, 'trace')}`);
    expect(await succeed('enable-channel -k --subbuf-size=64k disk')).toBe(
      'kernel channel disk enabled for session s\n',
    );
    await succeed('enable-channel -k --output=splice pipe');
    expect(await succeed('enable-event -k sched_* -c disk')).toBe('kernel event sched_* created in channel disk\n');
    expect(await succeed('enable-event -k --syscall open -c disk')).toBe('kernel event open created in channel disk\n');
    expect(await succeed('disable-event -k open -c disk')).toContain(
      'kernel open of type any disabled in channel disk',
    );
    expect(await succeed('list s')).toContain('open (type: syscall) [disabled]');
    await succeed('enable-channel -k spare');
    expect(await succeed('disable-channel -k spare')).toBe('kernel channel spare disabled for session s\n');
    expect(await succeed('add-context -k -t prio -c disk')).toBe('kernel context prio added to channel disk\n');
    expect(await succeed('add-context -k --list')).toContain('prio\ncallstack-kernel  (not on this machine');
    expect(await succeed('track -k --vpid=7,8')).toContain('Added 8 to the virtual process ID tracker inclusion set');
    await succeed('untrack -k --vpid=8');
    await succeed('enable-event -u shop:*');

    // What it can record, and what the session has of it.
    expect(await succeed('list -k --fields')).toMatch(
      /^Kernel events:\n-+\n\n {6}sched_switch .*\n {8}field: next_tid \(integer\)\n/,
    );
    const described = await succeed('list s');
    for (const part of [
      '=== Domain: User space ===',
      '- channel0: [enabled]',
      '=== Domain: Linux kernel ===',
      '  Virtual process IDs:  7\n',
      '- disk: [enabled]',
      '      Sub-buffer size:  65536 bytes',
      '      Memory usage:     4.0 KiB in 1 ring',
      '    Context fields:\n      prio\n',
      '      sched_* (type: tracepoint) [enabled]\n      open (type: syscall) [disabled]\n',
      '- spare: [disabled]',
    ]) {
      expect(described).toContain(part);
    }
    expect(await succeed('list s -k')).not.toContain('User space');
    expect(await succeed('list s --channel=disk')).not.toContain('spare');
    expect(await succeed('list s --domain')).toContain('  - UST global\n  - Kernel\n');
    const json = JSON.parse(await succeed('list s --output-format=json'));
    expect(json.session.domains.map(({ domain }: { domain: string }) => domain)).toEqual(['user', 'kernel']);

    await succeed('start');
    expect(await succeed('status')).toContain('    Recorded events:  1,000');
    expect(await succeed('rotate')).toContain('is now readable at');
    await succeed('clear');
    await succeed('regenerate metadata');
    await succeed('regenerate statedump');
    expect(await succeed('reclaim-memory -k -a')).toContain('1.0 KiB of memory given back');
    expect(await succeed('stop')).toContain('1,000 events');
    const asked = ['start', 'rotate', 'clear', 'metadata', 'statedump', 'reclaim-memory', 'flush'];
    expect(kernel.asked.filter((one) => asked.includes(one))).toEqual([...new Set(asked)]);

    // Triggers are about its channels too.
    const full = '--name=full --condition=channel-buffer-usage-ge -k -s s -c disk -r 0.5 --action=notify';
    await succeed(`add-trigger ${full}`);
    expect(await succeed('list-triggers')).toContain('    domain: kernel\n');
    await expect.poll(() => succeed('list-triggers'), { timeout: 10_000 }).toContain('occurrences: 1\n');
    expect(await succeed('--mi=xml list-triggers')).toContain('<domain>KERNEL</domain>');

    // Saved, it has LTTng's type of the domain; loaded, it is the same again.
    await succeed(`save s -o ${join(home, 'saved')}`);
    const [file] = readdirSync(join(home, 'saved'));
    expect(readFileSync(join(home, 'saved', file as string), 'utf8')).toContain('<type>KERNEL</type>');
    const before = await describedDomains(succeed);
    await succeed('destroy s');
    expect(kernel.asked.at(-1)).toBe('close-session');
    await succeed(`load s -i ${join(home, 'saved')} --override-url=file://${join(home, 'again')}`);
    expect(await describedDomains(succeed)).toEqual(before);
    await succeed('destroy -a');
  });

  it('is part of snapshots', async () => {
    const kernel = new FakeKernel();
    const { home, succeed } = await world([kernel]);
    mkdirSync(join(home, 'snapshots'));
    await succeed(`create --snapshot box -o ${join(home, 'snapshots')}`);
    await succeed('enable-channel -k --buffer-ownership=system memory');
    expect(await succeed('list box')).toContain('Buffering scheme: global');
    await succeed('start');
    expect(await succeed('snapshot record')).toContain('(1,000 events');
    expect(kernel.asked).toContain('snapshot');
    await succeed('destroy');
  });

  it("is in LTTng's machine interface wherever user space is", async () => {
    const { home, succeed } = await world([new FakeKernel()]);
    await succeed(`create s -o ${join(home, 'trace')}`);
    for (const line of [
      'enable-channel -k c',
      'enable-event -k sched_switch -c c',
      'add-context -k -t prio -c c',
      'track -k --vpid=7',
      'list s',
      'list s -d',
      'list -k',
      'status',
    ]) {
      const document = await succeed(`--mi=xml ${line}`);
      expect([line, violations(document)]).toEqual([line, []]);
      const { command } = new XMLParser({ isArray: (name) => name === 'domain' }).parse(document);
      const { domains = command.output.sessions?.session.domains } = command.output;
      if (/^(list|status)/.test(line))
        expect([line, JSON.stringify(domains)]).toEqual([line, expect.stringContaining('"KERNEL"')]);
    }
  });
});

describe('the directory of a second domain', () => {
  const userTrace = `ust/uid/${process.getuid?.()}/64-bit`;
  const numbersIn = (chunk: string) => readStream(join(chunk, 'kernel', KERNEL_STREAM)).numbers;
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  /** A world with a recording kernel, and with an application in user space. */
  async function recording(create: (home: string) => string) {
    const rings = mkdtempSync(join(tmpdir(), 'ringtail-kernel-'));
    const recorded: TestRing[] = [];
    const made = await world((services) => {
      const kernel = new RecordingKernel(services, rings);
      recorded.push(kernel.ring);
      return [kernel];
    }, CONSUMER);
    const [ring] = recorded as [TestRing];
    onTestFinished(() => {
      ring.close();
      rmSync(rings, { recursive: true });
    });
    await made.succeed(create(made.home));
    await made.succeed('enable-event -u shop:*');
    await made.succeed('enable-channel -k channel0');
    const application = await FakeApplication.registered(made.appSocket);
    onTestFinished(() => application.close());
    await made.succeed('start');
    return { ...made, ring };
  }

  it("is rotated, cleared, archived and removed with user space's", async () => {
    const { home, succeed, ring } = await recording((at) => `create s -o ${join(at, 'trace')}`);
    const trace = join(home, 'trace');
    const archives = () => readdirSync(join(trace, 'archives')).map((name) => join(trace, 'archives', name));
    expect(readdirSync(trace)).toEqual(expect.arrayContaining(['kernel', 'ust']));
    ring.record(100);
    await succeed('rotate');
    const [archive] = archives() as [string];
    expect(readdirSync(archive).sort()).toEqual(['kernel', 'ust']);
    expect(numbersIn(archive)).toEqual(range(0, 100));
    expect(readdirSync(join(archive, userTrace))).toEqual(['metadata']);
    expect(readdirSync(join(trace, 'kernel'))).toEqual(['metadata']);

    ring.record(50);
    expect(await succeed('stop')).toContain('150 events');
    expect(numbersIn(trace)).toEqual(range(100, 150));
    await succeed('clear');
    expect(readdirSync(join(trace, 'kernel')).sort()).toEqual(['index', 'metadata']);
    expect(readdirSync(join(trace, userTrace))).toEqual(['metadata']);

    await succeed('start');
    ring.record(7);
    await succeed('destroy s');
    const last = archives().find((path) => path.endsWith('-1')) as string;
    expect(numbersIn(last)).toEqual(range(150, 157));
    expect(readdirSync(join(last, userTrace))).toEqual(['metadata']);
    // Nothing was recorded since: no directory of a domain stays.
    expect(readdirSync(trace)).toEqual(['archives']);
  });

  it('is part of a snapshot', async () => {
    const { home, succeed, ring } = await recording((at) => `create --snapshot box -o ${join(at, 'snapshots')}`);
    ring.record(10);
    expect(await succeed('snapshot record')).toContain('(10 events');
    const [name] = readdirSync(join(home, 'snapshots')) as [string];
    const snapshot = join(home, 'snapshots', name);
    expect(numbersIn(snapshot)).toEqual(range(0, 10));
    expect(readdirSync(join(snapshot, 'kernel')).sort()).toEqual([KERNEL_STREAM, 'index', 'metadata']);
    expect(readdirSync(join(snapshot, userTrace)).sort()).toEqual(['index', 'metadata']);
  });
});

describe('a domain that a session daemon does not have', () => {
  it('refuses commands in its own words, with the next step', async () => {
    const { home, command, succeed } = await world([]);
    await succeed(`create s -o ${join(home, 'trace')}`);
    for (const line of [
      'enable-channel -k c',
      'disable-channel -k c',
      'enable-event -k sched_switch',
      'enable-event --syscall open',
      'disable-event -k -a',
      'add-context -k -t prio',
      'add-context -k --list',
      'track -k --vpid=7',
      'track -u --uid=7',
      'untrack -k --vpid=7',
      'list -k',
      'list s -k',
      'status -k',
      'reclaim-memory -k -a',
      'add-map-channel -t kernel m',
      'enable-channel -k c --output=splice',
      'enable-channel -k c --buffers-global',
      'add-trigger --condition=channel-buffer-usage-ge -k -s s -c c -r 0.5 --action=notify',
      'add-trigger --condition=channel-buffer-usage-le --domain=kernel -s s -c c -t 1k --action=notify',
      'add-trigger --condition=event-rule-matches --type=user --action=incr-map-value -t kernel -s s -c m -k x',
    ]) {
      const { code, err } = await command(line);
      expect([line, code, err]).toEqual([
        line,
        expect.any(Number),
        expect.stringContaining('the kernel is traced by a session daemon of root only'),
      ]);
      expect([line, code === 0, err.includes('-u')]).toEqual([line, false, true]);
    }
    for (const logger of ['jul', 'log4j', 'log4j2', 'python']) {
      const { code, err } = await command(`enable-event --${logger} shop`);
      expect([logger, code, err]).toEqual([logger, 1, expect.stringContaining(`not supported yet: --${logger}`)]);
    }
    const refusal = 'not supported: the kernel is traced by a session daemon of root only';
    const hint =
      'as root: ringtail sessiond -d; members of its group tracing then use it too. Node.js programs are traced with -u';
    expect((await command('enable-event -k x')).err).toBe(`ringtail: error: ${refusal}\n  ${hint}\n`);
    const { out, err } = await command('enable-event -k x,y --output-format=json');
    expect([out, JSON.parse(err)]).toEqual(['', { error: { code: 'UNSUPPORTED', message: refusal, hint } }]);
    expect((await command('--mi=xml enable-event -k x')).out).toMatch(/<events\/>\s*<\/output>/);
    expect((await command('--mi=xml track -k --vpid=7')).out).toMatch(/<process_attr_trackers\/>\s*<\/output>/);
    // No value is looked at before the refusal.
    for (const line of ['untrack -k --vpid=99', 'untrack -k --vuid=nosuch']) {
      expect([line, (await command(line)).err]).toEqual([line, `ringtail: error: ${refusal}\n  ${hint}\n`]);
    }
    expect((await command('track --uid=0')).err).toContain('Please specify a domain (--kernel/--userspace).');
    expect(await succeed('list -j -p')).toContain('python events (Logger name):\n-------------------------\nNone\n');
  });

  it("is in LTTng's machine interface if LTTng's schema has it", async () => {
    const { command, succeed } = await world([]);
    const jul = await succeed('--mi=xml list -j');
    expect([violations(jul), jul.includes('<pids')]).toEqual([[], false]);
    for (const logger of ['console', 'pino', 'debug']) {
      const { code, out, err } = await command(`--mi=xml list --${logger}`);
      expect([logger, code, violations(out), out.includes('<type>')]).toEqual([logger, 1, [], false]);
      expect(err).toBe(
        `ringtail: error: LTTng's machine interface has no domain ${logger}\n  write --output-format=json\n`,
      );
    }
  });

  it('is named where a session has no such channel in it', async () => {
    const { home, command, succeed } = await world([]);
    await succeed(`create s -o ${join(home, 'trace')}`);
    await succeed('enable-channel -u c');
    expect((await command('list s -j -c c')).err).toBe(
      'ringtail: error: session "s" has no channel "c" in the domain jul\n  ringtail list s names them\n',
    );
    expect((await command('reclaim-memory --pino c')).err).toBe(
      'ringtail: error: the session s has no channel c\n  ringtail list s names them\n',
    );
    expect((await command('reclaim-memory -u a/b')).err).toBe(
      'ringtail: error: the session s has no channel a/b\n  ringtail list s names them\n',
    );
  });

  it('is left out of a saved session, with a warning', async () => {
    const saving = await world([new FakeKernel()]);
    await saving.succeed(`create s -o ${join(saving.home, 'trace')}`);
    await saving.succeed('enable-event -k sched_switch');
    await saving.succeed('enable-event -u shop:*');
    await saving.succeed(
      'add-trigger --name=t --condition=channel-buffer-usage-le -k -s s -c channel0 -r 0 --action=notify',
    );
    await saving.succeed(`save s -o ${join(saving.home, 'saved')}`);
    const { home, command, succeed } = await world([]);
    const { code, err } = await command(
      `load s -i ${join(saving.home, 'saved')} --override-url=file://${join(home, 'trace')}`,
    );
    const left = 'left out (not supported: the kernel is traced by a session daemon of root only)';
    expect([code, err]).toEqual([
      0,
      `warning: session s: the domain KERNEL is ${left}\nwarning: the trigger t is ${left}\n`,
    ]);
    expect(await succeed('list s')).toContain('shop:*');
    expect(await succeed('list-triggers')).not.toContain('name: t');
  });
});
