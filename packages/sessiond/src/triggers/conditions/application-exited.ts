import type { ProcessEnd } from '@ringtail/protocol';
import { type ApplicationProcess, isNamed } from '../../model/application-process.ts';
import { concernsUser } from '../../model/owner.ts';
import type { EndListener } from '../../process-exits/process-exits.ts';
import type { ConditionSource, OccurrenceDetails } from './condition-source.ts';

/** Adds a listener to the ends of processes. @returns removes it */
export type OnEnd = (listener: EndListener) => () => void;

/**
 * `application-exited`: ends of processes that had registered threads. Exit code 0 is a success, and never counts.
 */
export function applicationExited(onEnd: OnEnd): ConditionSource<'application-exited'> {
  return {
    start({ owner, condition }, occurred) {
      return onEnd(({ process, uid, end }) => {
        if (end.exitCode === 0 || !condition.causes.includes(end.cause) || !concernsUser(owner, uid)) return;
        if (isNamed(process, condition.procname)) occurred(1, undefined, detailsOf(process, end));
      });
    },
  };
}

function detailsOf({ pid, procname, program }: ApplicationProcess, end: ProcessEnd): OccurrenceDetails {
  const { cause, exitCode, signal, abortedBy, exception } = end;
  return {
    pid,
    procname,
    program,
    cause,
    exitCode,
    signal: signal?.name ?? null,
    signalNumber: signal?.number ?? null,
    coreDump: signal === null ? null : signal.coreDumped ? 'yes' : 'no',
    abortedBy,
    exception,
  };
}
