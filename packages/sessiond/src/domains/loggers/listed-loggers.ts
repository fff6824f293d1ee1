import { type Instrumentation, LogLevels, loggerProvider, type NodeLogger } from '@ringtail/protocol';
import type { Application } from '../user/applications/application.ts';

/** The loggers of programs: those that have the events of the domain. */
export function loggersOf(domain: NodeLogger, applications: readonly Application[]): Instrumentation {
  const prefix = `${loggerProvider(domain)}:`;
  const having = applications.filter(({ tracepointList }) =>
    tracepointList.names.some(({ name }) => name.startsWith(prefix)),
  );
  const loggers = [{ name: domain, logLevel: LogLevels.debug, fields: [] }];
  return { applications: having.map((application) => application.listed(0)), tracepointLists: [loggers], events: [] };
}
