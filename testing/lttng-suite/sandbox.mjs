import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Mounts private run and temporary directories (some scripts write below `/tmp` and ignore `TMPDIR`), then becomes an
 * ordinary user. The scripts skip parts that need root.
 *
 * The scripts kill daemons by name. In their own process namespace they find only their own.
 */
const INSIDE = `
mount -t tmpfs tmpfs /run && ip link set lo up 2>/dev/null
for kept in $KEPT; do
  case $kept in /tmp/*) mkdir -p "$PRIVATE_TMP\${kept#/tmp}" && mount --bind "$kept" "$PRIVATE_TMP\${kept#/tmp}" ;; esac
done
mount --rbind "$PRIVATE_TMP" /tmp
exec unshare --user --map-user=1000 --map-group=1000 "$@"`;

const NAMESPACES = ['--user', '--map-root-user', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];

/**
 * Runs one test script in namespaces and directories of its own, and removes them.
 *
 * @param {{ directory: string, script: string, path: string, limitS: number,
 *   onOutput: (chunk: Buffer) => void }} test `script` relative to `directory`, since
 *   some scripts put `./` before their own path; `path` holds commands that come before the system's
 * @returns {Promise<{ output: string, timedOut: boolean, seconds: number }>}
 */
export async function runInSandbox({ directory: cwd, script, path, limitS, onOutput }) {
  const directory = mkdtempSync(join(tmpdir(), 'rt-suite-'));
  const env = {
    PATH: `${path}:${process.env.PATH}`,
    LANG: 'C.UTF-8',
    USER: 'suite',
    HOME: join(directory, 'home'),
    TMPDIR: join(directory, 'tmp'),
    XDG_RUNTIME_DIR: join(directory, 'run'),
    LTTNG_HOME: join(directory, 'home'),
    LTTNG_TEST_TEARDOWN_TIMEOUT: '30',
    PRIVATE_TMP: join(directory, 'private'),
    KEPT: [PROJECT, join(cwd, '..', '..'), directory].join(' '),
  };
  for (const place of [env.HOME, env.TMPDIR, env.XDG_RUNTIME_DIR, env.PRIVATE_TMP]) mkdirSync(place);
  const start = process.hrtime.bigint();
  const child = spawn('unshare', [...NAMESPACES, 'sh', '-c', INSIDE, 'sh', `./${script}`], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      chunks.push(chunk);
      onOutput(chunk);
    });
  }
  let timedOut = false;
  // The end of the namespaces' first process ends all others.
  const end = () => child.kill('SIGKILL');
  process.on('exit', end);
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, limitS * 1000);
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  } finally {
    clearTimeout(timer);
    process.off('exit', end);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
  const seconds = Number((process.hrtime.bigint() - start) / 1_000_000_000n);
  return { output: Buffer.concat(chunks).toString('utf8'), timedOut, seconds };
}
