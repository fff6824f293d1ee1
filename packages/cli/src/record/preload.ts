import type { SessionDaemonClient } from '@ringtail/ctl';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The command's environment: every Node.js program in it, however deep, loads the tracer before its first line and
 * registers in our run directory.
 */
export function tracedEnvironment(env: Environment, registerUrl: string, runDirectory: string): Environment {
  // First, so that other preloads of the command can already trace. What the user had is kept as it is.
  const nodeOptions = [preloadOption(registerUrl), env.NODE_OPTIONS].filter(Boolean).join(' ');
  return { ...env, NODE_OPTIONS: nodeOptions, RINGTAIL_RUNDIR: runDirectory };
}

/** Has programs of the command that do not register told. A daemon of an older version does not know how. */
export async function watchCommand(client: SessionDaemonClient, session: string, pid: number): Promise<void> {
  await client.watchCommand(session, pid, preloadOption(registerUrl())).catch(() => undefined);
}

/** The option of Node.js that loads the tracer. */
function preloadOption(registerUrl: string): string {
  return `--import=${registerUrl}`;
}

/** Location of the tracer's preload module. A file URL holds no space, so it needs no quoting in NODE_OPTIONS. */
export function registerUrl(): string {
  return import.meta.resolve('@ringtail/tracer/register');
}
