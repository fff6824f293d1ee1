import { describeError } from '@ringtail/base';
import type { SessionStatistics } from '@ringtail/protocol';
import type { SessionHandlers } from '../clients/handlers.ts';
import type { SessionTasks } from '../domains/session-tasks.ts';
import type { Session } from '../model/session.ts';
import { withTroubles } from '../model/statistics.ts';
import type { CommandServices } from './command-services.ts';

export function diagnosisCommands({ domains, tasks, turns }: CommandServices) {
  return {
    'watch-command': (_, { pid, preload }): null => {
      domains.watchCommand(pid, preload);
      return null;
    },
    'session-diagnosis': async (session, _, { uid }) => {
      domains.reportMissingPrograms();
      const statistics = await statisticsOf(session, tasks);
      return await turns.inSlices(uid, domains.diagnose(session, statistics));
    },
  } satisfies Partial<SessionHandlers>;
}

/**
 * Statistics. If they have no event, the rings are drained first, so that events that wait there count. A missing
 * consumer daemon is a reason too, and hides none of the others.
 */
async function statisticsOf(session: Session, tasks: SessionTasks): Promise<SessionStatistics> {
  try {
    const counted = await tasks.statistics(session, 'statistics');
    return session.active && counted.eventsRecorded === 0 ? await tasks.statistics(session, 'flush') : counted;
  } catch (error) {
    return withTroubles(undefined, session.troubles, describeError(error));
  }
}
