/** What a global installation and an installed copy offer: manual pages, completion, guard, daemons, libraries. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codeBlocksOf, commandsOf, writeFilesOf } from '../documents.ts';
import { makeProject, packedOnce, unpackPackages } from './project.ts';

const packed = packedOnce();
const PAGES = commandsOf(codeBlocksOf('docs/your-project.md', 'Manual pages and completion'));

describe('an installed copy', () => {
  it('has manual pages and completion after a global installation', async () => {
    const { sandbox, succeed } = await makeProject(packed());
    const prefix = join(sandbox.directory, 'global');
    const [, install, complete] = PAGES as [string, string, string];
    await succeed(install);
    for (const page of ['man1/ringtail.1', 'man1/ringtail-record.1', 'man8/ringtail-sessiond.8'])
      expect([page, existsSync(join(prefix, 'share', 'man', page))]).toEqual([page, true]);
    const path = `${join(prefix, 'bin')}:${process.env.PATH}`;
    const script = (await succeed(complete, { PATH: path })).stdout;
    expect(script).toContain('complete -');
    const typed = `${complete} > script; bash -c 'source ./script; complete -p ringtail'`;
    expect((await succeed(typed, { PATH: path })).stdout).toMatch(/^complete .* ringtail$/m);
    const suggested = await succeed('ringtail __complete enable-ch', { PATH: path });
    expect(suggested.stdout).toBe('enable-channel\n');
  });

  it('names its manual pages', async () => {
    const { directory, succeed } = await makeProject(packed());
    unpackPackages(directory, packed());
    const { stdout } = await succeed('npx ringtail help man');
    const [, page] = /^ {2}man (\S+)$/m.exec(stdout) ?? [];
    expect(readFileSync(page as string, 'utf8')).toMatch(/^\.TH/m);
    const [, named] = (PAGES[0] as string).split(' ');
    expect(existsSync(join(directory, named as string))).toBe(true);
  });

  it('preloads the tracer, guards programs, keeps sessions and serves its libraries', async () => {
    const project = await makeProject(packed());
    const { directory, sandbox, succeed, run } = project;
    const env = { RINGTAIL_RUNDIR: join(sandbox.directory, 'run') };
    unpackPackages(directory, packed());
    writeFilesOf(codeBlocksOf('README.md', 'Quick start'), directory);
    writeFileSync(join(directory, 'crash.mjs'), "import './app.mjs';\nprocess.kill(process.pid, 'SIGSEGV');\n");

    await succeed('npx ringtail create all', env);
    await succeed("npx ringtail enable-event -u 'shop:*' && npx ringtail start", env);
    await succeed('node --import @ringtail/tracer/register app.mjs', env);
    await succeed('npx ringtail destroy', env);
    expect((await succeed('npx ringtail view', env)).stdout.trim().split('\n')).toHaveLength(3);

    const guarded = await run('npx ringtail guard node crash.mjs', env);
    expect(guarded.stderr).toContain('SIGSEGV');
    expect((await succeed('npx ringtail view', env)).stdout.match(/order_placed/g)).toHaveLength(3);

    writeFileSync(join(directory, 'control.mjs'), CONTROL);
    expect((await succeed('node control.mjs', env)).stdout).toBe('0 sessions\ntrue\n');
  });
});

const CONTROL = `
import { fileURLToPath } from 'node:url';
import { TraceFormatError } from 'ringtail/ctf';
import { ensureDaemon } from 'ringtail/ctl';
import { findTraceDirectories, openTraces } from 'ringtail/reader';
import { openMedia } from 'ringtail/reader/pure';

const mainPath = fileURLToPath(import.meta.resolve('ringtail/sessiond'));
const { client } = await ensureDaemon({ runDirectory: process.env.RINGTAIL_RUNDIR, mainPath });
console.log(\`\${(await client.listSessions()).length} sessions\`);
client.close();
console.log([findTraceDirectories, openTraces, openMedia, TraceFormatError].every((it) => typeof it === 'function'));
`;
