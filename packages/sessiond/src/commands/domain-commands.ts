import type { Commands } from '@ringtail/protocol';
import type { Answer, DaemonHandlers, SessionHandlers } from '../clients/handlers.ts';
import type { DomainCommandName } from '../domains/domain.ts';
import type { Session } from '../model/session.ts';
import type { CommandServices } from './command-services.ts';

/** Questions about a domain: its contexts, and the programs and events that it can record. */
export function domainQuestions({ domains }: CommandServices) {
  return {
    'list-contexts': ({ domain }) => domains.present(domain).contexts(),
    'list-instrumentation': ({ domain, ...wanted }, client) => domains.instrumentation(domain, client, wanted),
  } satisfies Partial<DaemonHandlers>;
}

/** Commands about channels, rules, contexts, trackers and maps: the domain that they name carries them out. */
export function domainCommands({ domains }: CommandServices) {
  const inDomain =
    <Name extends DomainCommandName>(command: Name) =>
    (session: Session, params: Commands[Name]['params']): Answer<Name> =>
      domains.change(session, command, params);
  return {
    'enable-channel': inDomain('enable-channel'),
    'disable-channel': inDomain('disable-channel'),
    'enable-event': inDomain('enable-event'),
    'disable-event': inDomain('disable-event'),
    'add-context': inDomain('add-context'),
    track: inDomain('track'),
    untrack: inDomain('untrack'),
    'add-map': inDomain('add-map'),
    'show-maps': inDomain('show-maps'),
    'reclaim-memory': inDomain('reclaim-memory'),
  } satisfies Pick<SessionHandlers, DomainCommandName>;
}
