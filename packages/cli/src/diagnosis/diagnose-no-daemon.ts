import type { Finding } from '../errors/finding.ts';
import { shellQuote } from '../output/quantity.ts';
import { daemonLines } from './diagnose-absence.ts';
import type { Surroundings } from './surroundings.ts';

/** Reason why no session daemon answered. */
export function diagnoseNoDaemon(surroundings: Surroundings): Finding {
  const { lookedAt, named, otherDaemons, uid } = surroundings;
  const reachable = otherDaemons.find((daemon) => daemon.pids !== null && daemon.uid === uid);
  return {
    code: 'NO_DAEMON',
    what: named === null ? 'no session daemon of yours runs' : `no session daemon runs in ${named}`,
    evidence: [
      ...(named === null ? [] : [`RINGTAIL_RUNDIR is set to ${named}`]),
      ...lookedAt.map(
        ({ path, exists }) => `looked at ${path}: ${exists ? 'no daemon answers there' : 'it does not exist'}`,
      ),
      ...daemonLines(surroundings),
    ],
    nextStep:
      reachable === undefined
        ? 'ringtail create NAME starts one; ringtail record brings its own'
        : `RINGTAIL_RUNDIR=${shellQuote(reachable.runDirectory)} ringtail … asks the one that runs; ringtail create NAME starts one`,
  };
}
