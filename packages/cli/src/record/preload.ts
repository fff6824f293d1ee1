import type { SessionDaemonClient } from '@ringtail/ctl';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The command's environment: every Node.js program in it, however deep, loads the tracer before its first line and
 * registers in our run directory.
 *
 * @param profileHertz CPU samples a second, if not the default
 */
export function tracedEnvironment(
  env: Environment,
  registerUrl: string,
  runDirectory: string,
  profileHertz?: number,
): Environment {
  // First, so that other preloads of the command can trace. The user's own options stay unchanged.
  const nodeOptions = [preloadOption(registerUrl), env.NODE_OPTIONS].filter(Boolean).join(' ');
  return {
    ...env,
    NODE_OPTIONS: nodeOptions,
    RINGTAIL_RUNDIR: runDirectory,
    ...(profileHertz !== undefined && { RINGTAIL_PROFILE_HZ: String(profileHertz) }),
  };
}

/** Has the daemon report programs of the command that do not register. An older daemon cannot. */
export async function watchCommand(client: SessionDaemonClient, session: string, pid: number): Promise<void> {
  await client.watchCommand(session, pid, preloadOption(registerUrl())).catch(() => undefined);
}

/** Option of Node.js that loads the tracer. */
function preloadOption(registerUrl: string): string {
  return `--import=${registerUrl}`;
}

/** URL of the tracer that is installed with the command. It has no spaces, so it needs no quotes in NODE_OPTIONS. */
export function registerUrl(): string {
  return import.meta.resolve('#register');
}
