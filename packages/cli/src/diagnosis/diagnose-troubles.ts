import { shellQuote } from '../quantity.ts';
import { type Finding, type FindingCode, shortened } from './finding.ts';

interface Kind {
  readonly code: FindingCode;
  readonly pattern: RegExp;
  readonly what: string;
  readonly nextStep: (session: TroubledSession) => string;
}

export interface TroubledSession {
  readonly name: string;
  readonly output: string | null;
  readonly shmPath: string | null;
}

const CONSUMER_GONE = /consumer daemon cannot be started/;

/** The sentences of daemons and applications tell what went wrong; the first kind that fits is it. */
const KINDS: readonly Kind[] = [
  {
    code: 'CONSUMER_UNAVAILABLE',
    pattern: CONSUMER_GONE,
    what: 'the consumer daemon, which writes the traces, cannot be started',
    nextStep: () => 'sessiond.log in the run directory says why; ringtail doctor shows limits that it may have met',
  },
  {
    code: 'SHARED_MEMORY_REFUSED',
    pattern: /memfd_create|F_ADD_SEALS|koffi|shared memory|refuses a view|control file/i,
    what: 'an application could not have shared memory',
    nextStep: () =>
      'ringtail doctor says what is refused: limits of descriptors and memory (ulimit -n, the cgroup), a seccomp profile, koffi',
  },
  {
    code: 'NO_RING',
    pattern: /NO_RING|no ring buffer|ring could not be made/i,
    what: 'an application could not make its ring buffer',
    nextStep: ({ shmPath }) =>
      shmPath === null
        ? 'raise the memory limit, or make the session again with smaller sub-buffers: ringtail enable-channel -u --subbuf-size=64K --num-subbuf=4'
        : `make room where the rings are (df ${shellQuote(shmPath)}), or make the session again with smaller sub-buffers (--subbuf-size=64K)`,
  },
  {
    code: 'DISK_FULL',
    pattern: /disk full|disk is full|disk quota|ENOSPC|EDQUOT|rings wait for their files/i,
    what: 'the trace cannot be written: its file system is full',
    nextStep: ({ output }) => `make room (df ${shellQuote(output ?? '.')}); what waits in the rings is written then`,
  },
  {
    code: 'TROUBLE',
    pattern: /(?:)/,
    what: 'something went wrong',
    nextStep: () => 'sessiond.log in the run directory says more',
  },
];

/** Whether a sentence tells that there is no consumer daemon. */
export function isOfConsumer(trouble: string): boolean {
  return CONSUMER_GONE.test(trouble);
}

/** What daemons and applications said went wrong, by kind. */
export function diagnoseTroubles(session: TroubledSession, troubles: readonly string[]): Finding[] {
  const kindOf = (trouble: string): Kind => KINDS.find(({ pattern }) => pattern.test(trouble)) as Kind;
  const all = [...new Set(troubles)];
  return KINDS.flatMap((kind) => {
    const evidence = all.filter((trouble) => kindOf(trouble) === kind);
    if (evidence.length === 0) return [];
    return [{ code: kind.code, what: kind.what, evidence: shortened(evidence), nextStep: kind.nextStep(session) }];
  });
}
