import type { Listeners } from '../../model/listeners.ts';
import { mayUse, type Session } from '../../model/session.ts';
import type { ConditionSource } from './condition-source.ts';

/** `session-trouble`: troubles of a session, each sentence once for each session. */
export function troubleSource(watch: Listeners<[Session, string]>): ConditionSource<'session-trouble'> {
  return {
    start: ({ owner, condition }, occurred) =>
      watch.listen((session, trouble) => {
        if (session.name !== condition.session || !mayUse(session, owner)) return;
        occurred(1, [], { session: session.name, trouble });
      }),
  };
}
