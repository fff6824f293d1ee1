import { createRequire } from 'node:module';

/**
 * The environment of a daemon or helper process of Ringtail: without `NODE_OPTIONS`, since modules that a user preloads
 * into applications, such as the tracer, do not belong into daemons. Yarn's Plug'n'Play is kept: without it the process
 * finds no package.
 */
export function daemonEnvironment({ NODE_OPTIONS: _, ...env }: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  if (process.versions.pnp === undefined) return env;
  const hooks = createRequire(import.meta.url).resolve('pnpapi');
  return { ...env, NODE_OPTIONS: `--require ${JSON.stringify(hooks)}` };
}
