import { basename } from 'node:path';
import type { EventRule } from '@ringtail/protocol';
import { splitNames } from '../options/common-options.ts';
import { eventRule } from '../options/rule-options.ts';

/** What each program records of its own state. */
const STATEDUMP_PROVIDER = 'ringtail_statedump:';

/** The state of programs is recorded only where it is named: a recording of one command is about what that does. */
export function rulesOf(options: { readonly userspace?: readonly string[]; readonly loglevel?: string }): EventRule[] {
  return (options.userspace ?? ['*']).flatMap(splitNames).map((pattern) => {
    const leavesOut = pattern.includes('*') && !pattern.startsWith(STATEDUMP_PROVIDER);
    return eventRule(pattern, {
      ...(options.loglevel !== undefined && { loglevel: options.loglevel }),
      ...(leavesOut && { exclude: [`${STATEDUMP_PROVIDER}*`] }),
    });
  });
}

/** What a trace of this command is called: `app` for `node --flag dir/app.js`, else the command's own name. */
export function traceNameOf(words: readonly [string, ...string[]]): string {
  const [command, ...rest] = words;
  const script = /^node(js)?$/.test(basename(command)) ? rest.find((word) => /\.[cm]?[jt]s$/.test(word)) : undefined;
  const name = basename(script ?? command).replace(/\.[cm]?[jt]s$/, '');
  return name.replace(/[^\w.-]+/g, '_').replace(/^[.-]+/, '') || 'command';
}
