import { type Finding, type FindingCode, shortened } from '../errors/finding.ts';
import { shellQuote } from '../output/quantity.ts';

interface Kind {
  readonly code: FindingCode;
  readonly pattern: RegExp;
  readonly what: string;
  readonly nextStep: (session: TroubledSession, evidence: readonly string[]) => string;
}

export interface TroubledSession {
  readonly name: string;
  readonly output: string | null;
  readonly shmPath: string | null;
}

const CONSUMER_GONE = /consumer daemon cannot be started/;
/** Codes in troubles about programs, or parts of programs, that the session would record. */
const NOT_RECORDED = /\((?:NO_TRACER|TRACER_STOPPED|REFUSED|UNREGISTERED|DESCRIPTORS_CLOSED|RING_LOST)\)$/;

/** Troubles about programs whose tracer has another version. */
const OTHER_VERSION = /version \d+: both need the same version of Ringtail \(REFUSED\)$/;

/** Troubles about programs that exceed their user's share. */
const SHARE_USED_UP = /\(SHARE_USED_UP\)$/;

/** Message of Node.js where its options forbid native addons. */
const ADDONS_OFF = /loading addons is disabled/;

/** Message of the system where a program's limit of file sizes is below its control file's size. */
const FILE_TOO_LARGE = /EFBIG/;

/** Troubles about limits that programs or daemons have reached. */
const LIMITS = [
  {
    pattern: /file descriptors are left/,
    nextStep: 'start the program with more file descriptors: ulimit -n 4096, LimitNOFILE= of a systemd unit',
  },
  { pattern: /ulimit -f/, nextStep: 'start the session daemon without a limit of file sizes (ulimit -f unlimited)' },
  {
    pattern: /EMFILE/,
    nextStep: 'start the session daemon with more file descriptors (ulimit -n), which its consumer shares',
  },
] as const;

/** Kinds of troubles. A sentence of a daemon or application belongs to the first kind that matches. */
const KINDS: readonly Kind[] = [
  {
    code: 'NOT_RECORDED',
    pattern: OTHER_VERSION,
    what: 'programs were not recorded: their tracer has another version than the session daemon',
    nextStep: () =>
      'install the same version of Ringtail for the programs and the session daemon, and start both again; ringtail doctor shows the version of the daemon',
  },
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
    nextStep: (_session, evidence) => {
      if (evidence.every((sentence) => ADDONS_OFF.test(sentence))) {
        return 'let the program load native addons while you record: leave out --no-addons, and give --allow-addons with --permission';
      }
      if (evidence.every((sentence) => FILE_TOO_LARGE.test(sentence))) {
        return 'start the program without a limit of file sizes (ulimit -f unlimited), which holds for shared memory too';
      }
      return 'ringtail doctor says what is refused: limits of descriptors, file sizes and memory (ulimit -n, ulimit -f, the cgroup), a seccomp profile, koffi';
    },
  },
  {
    code: 'SHARE_USED_UP',
    pattern: SHARE_USED_UP,
    what: 'programs were not recorded: their user reached the limit of programs at this session daemon',
    nextStep: () =>
      'ringtail list -u shows the programs of a user: end some, and others are recorded within seconds; sessiond.log in the run directory has the numbers',
  },
  {
    code: 'NOT_RECORDED',
    pattern: NOT_RECORDED,
    what: 'programs were not recorded, or not to their end',
    nextStep: (_session, evidence) =>
      LIMITS.find(({ pattern }) => evidence.every((sentence) => pattern.test(sentence)))?.nextStep ??
      'let them keep the environment (NODE_OPTIONS, RINGTAIL_RUNDIR), load native addons and keep their descriptors; ringtail doctor checks the machine',
  },
  {
    code: 'TRACEPOINT_REFUSED',
    pattern: /\(BAD_TRACEPOINT\)$/,
    what: 'tracepoints were refused, and record nothing',
    nextStep: () =>
      'names of events are at most 256 bytes without quotation marks and backslashes, names of fields are C identifiers',
  },
  {
    code: 'TRACE_REMOVED',
    pattern: /\(TRACE_REMOVED\)$/,
    what: 'files of the trace were removed while it was recorded',
    nextStep: ({ name }) =>
      `keep others from removing them (cleaners of temporary directories), then ringtail clear ${shellQuote(name)} or a new recording`,
  },
  {
    code: 'TRACE_MOVED',
    pattern: /\(TRACE_MOVED\)$/,
    what: 'the trace was moved while it was recorded',
    nextStep: ({ name }) =>
      `read it where it is now; ringtail rotate ${shellQuote(name)} or ringtail clear ${shellQuote(name)} goes on in the output directory`,
  },
  {
    code: 'TRACE_REPAIRED',
    pattern: /\(TRACE_REPAIRED\)$/,
    what: 'the metadata of the trace was removed or changed while it was recorded, and is whole again',
    nextStep: () => 'keep others from changing the trace (cleaners of temporary directories)',
  },
  {
    code: 'CLOCK_DIFFERS',
    pattern: /\(CLOCK_DIFFERS\)$/,
    what: 'the clock of a program is not that of the recording, so its events have other times',
    nextStep: () => 'run the session daemon in the time namespace of the program',
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
    code: 'NOT_WRITTEN',
    pattern: /\(NOT_WRITTEN\)$|EFBIG|EROFS|\bEIO\b/,
    what: 'the trace cannot be written',
    nextStep: (_session, evidence) =>
      evidence.some((sentence) => /EFBIG/.test(sentence))
        ? 'start the session daemon without a limit of file sizes (ulimit -f), which its consumer daemon has from it'
        : 'mend what the reason names; what waits in the rings is written then',
  },
  {
    code: 'TROUBLE',
    pattern: /(?:)/,
    what: 'a daemon or a program reported a problem',
    nextStep: () => 'sessiond.log in the run directory says more',
  },
];

/** Whether a trouble is about a missing consumer daemon. */
export function isOfConsumer(trouble: string): boolean {
  return CONSUMER_GONE.test(trouble);
}

/** Whether a trouble is about a program that was not recorded. */
export function isOfProgram(trouble: string): boolean {
  return NOT_RECORDED.test(trouble) || SHARE_USED_UP.test(trouble);
}

/** Findings for the troubles of daemons and applications, by kind. */
export function diagnoseTroubles(session: TroubledSession, troubles: readonly string[]): Finding[] {
  const kindOf = (trouble: string): Kind => KINDS.find(({ pattern }) => pattern.test(trouble)) as Kind;
  const all = [...new Set(troubles)];
  return KINDS.flatMap((kind) => {
    const evidence = all.filter((trouble) => kindOf(trouble) === kind);
    if (evidence.length === 0) return [];
    return [
      { code: kind.code, what: kind.what, evidence: shortened(evidence), nextStep: kind.nextStep(session, evidence) },
    ];
  });
}
