import { type Context, DEFAULT_SETTINGS } from '../context/context.ts';

/** The context of this process. */
export function systemContext(): Context {
  return {
    env: process.env,
    uid: process.getuid?.() ?? 0,
    gids: process.getgroups?.() ?? [],
    cwd: workingDirectory(),
    now: () => new Date(),
    stdout: process.stdout,
    stderr: process.stderr,
    settings: DEFAULT_SETTINGS,
  };
}

function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    // It was removed.
    return null;
  }
}
