import type { EventSource, Tracer } from '../instrument.ts';
import { changeModule } from '../loaded-modules.ts';
import { observeAll } from '../wrap.ts';
import { callSiteBelow, filesOf } from './call-site.ts';
import { formattedText } from './formatted-text.ts';
import { loggerEvents } from './logger-events.ts';
import { jsonOf, plainCopy } from './plain-value.ts';
import { STANDARD_LEVELS, standardLevel } from './standard-levels.ts';

/** A log record, as serializers have left it. */
type BunyanRecord = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly level: number;
  readonly msg: string;
};

/** Members that the event has in fields of its own. */
const OWN_MEMBERS = ['name', 'hostname', 'pid', 'level', 'msg', 'time', 'v'];

/** What loggers of bunyan log. */
export function bunyan(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'bunyan', STANDARD_LEVELS);
  const isBunyans = filesOf('bunyan');

  function logged(bunyanRecord: BunyanRecord, names: Readonly<Record<number, string>>): void {
    const { name, level: number, msg } = bunyanRecord;
    const level = standardLevel(number, 20, 10);
    if (!events.isEnabled(level)) return;
    const members = plainCopy(bunyanRecord) as Record<string, unknown>;
    for (const member of OWN_MEMBERS) delete members[member];
    const record = {
      logger: name,
      level: names[number] ?? String(number),
      message: formattedText(msg),
      fields: Object.keys(members).length === 0 ? '' : jsonOf([members]),
    };
    events.emit(level, record, callSiteBelow(logged, isBunyans).text);
  }

  const install = () =>
    changeModule({
      packageName: 'bunyan',
      file: 'lib/bunyan.js',
      // Methods of loggers are left alone: bunyan counts the frames of its own call stack.
      change: ({ prototype, nameFromLevel }) => {
        const observer = {
          // With a second argument, a record is only made a text.
          before: (_: unknown, [record, isOnlyText]: unknown[]) =>
            isOnlyText ? undefined : void logged(record as BunyanRecord, nameFromLevel),
        };
        return observeAll([{ holder: prototype, name: '_emit', observer }]);
      },
    });
  return [{ tracepoints: events.tracepoints, install }];
}
