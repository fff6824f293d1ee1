import { describeError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import type { SessionHandlers } from '../clients/handlers.ts';
import type { SessionTasks } from '../domains/session-tasks.ts';
import { diagnose } from '../domains/user/diagnosis/diagnose.ts';
import type { Channel, Session } from '../model/session.ts';
import { withTroubles } from '../model/statistics.ts';
import type { CommandServices } from './command-services.ts';

export function diagnosisCommands({
  applications,
  drainApplications,
  filterCounters,
  tasks,
  unregistered,
  turns,
  runDirectory,
}: CommandServices) {
  return {
    'watch-command': (_, { pid, preload }): null => {
      unregistered.watchCommand(pid, { NODE_OPTIONS: preload, RINGTAIL_RUNDIR: runDirectory });
      return null;
    },
    'session-diagnosis': async (session, _, { uid }) => {
      drainApplications();
      unregistered.settle();
      const statistics = await statisticsOf(session, tasks);
      const threads = applications.diagnosed();
      const filterCounts = (channel: Channel) => filterCounters.countsOf(channel);
      return await turns.inSlices(uid, diagnose({ session, threads, statistics, filterCounts }));
    },
  } satisfies Partial<SessionHandlers>;
}

/** That there is no consumer is a reason as well, and hides none of the others. */
async function statisticsOf(session: Session, tasks: SessionTasks): Promise<SessionStatistics> {
  try {
    return await tasks.statistics(session);
  } catch (error) {
    return withTroubles(undefined, session.troubles, describeError(error));
  }
}
