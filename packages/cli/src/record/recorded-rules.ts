import { basename } from 'node:path';
import type { EventRule } from '@ringtail/protocol';
import { splitNames } from '../options/common-options.ts';
import { eventRule } from '../options/rule-options.ts';

/** Provider of the state dump of programs. */
const STATEDUMP_PROVIDER = 'ringtail_statedump:';

/** The event rules of a recording. The state dump is recorded only where a name pattern names it. */
export function rulesOf(options: { readonly userspace?: readonly string[]; readonly loglevel?: string }): EventRule[] {
  return (options.userspace ?? ['*']).flatMap(splitNames).map((pattern) => {
    const leavesOut = pattern.includes('*') && !pattern.startsWith(STATEDUMP_PROVIDER);
    return eventRule(pattern, {
      ...(options.loglevel !== undefined && { loglevel: options.loglevel }),
      ...(leavesOut && { exclude: [`${STATEDUMP_PROVIDER}*`] }),
    });
  });
}

/** Name of a command's trace: `app` for `node --flag dir/app.js`, else the command's own name. */
export function traceNameOf(words: readonly [string, ...string[]]): string {
  const [command, ...rest] = words;
  const script = /^node(js)?$/.test(basename(command)) ? rest.find((word) => /\.[cm]?[jt]s$/.test(word)) : undefined;
  const name = basename(script ?? command).replace(/\.[cm]?[jt]s$/, '');
  return name.replace(/[^\w.-]+/g, '_').replace(/^[.-]+/, '') || 'command';
}
