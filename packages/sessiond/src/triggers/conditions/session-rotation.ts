import type { RotationWatch } from '../../archives/rotation-watch.ts';
import { mayUse } from '../../model/session.ts';
import type { ConditionSource } from './condition-source.ts';

/** `session-rotation`: rotations by command, by schedule, and at the end of a session that was rotated. */
export function rotationSource(watch: RotationWatch): ConditionSource<'session-rotation'> {
  return {
    start: ({ owner, condition }, occurred) =>
      watch.listen((session, phase, archive) => {
        if (session.name !== condition.session || phase !== condition.phase || !mayUse(session, owner)) return;
        occurred(1, [], { session: session.name, archive });
      }),
  };
}
