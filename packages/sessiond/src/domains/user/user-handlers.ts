import type { Commands, NodeLogger, TrackedAttribute } from '@ringtail/protocol';
import type { Result } from '../../clients/handlers.ts';
import { clockValueAgo } from '../../clock/session-clock.ts';
import { DaemonError } from '../../model/daemon-error.ts';
import { jsonOfRows } from '../../triggers/maps/map-rows.ts';
import type { DomainHandlers } from '../domain.ts';
import { contextRefusal, isKnownContext } from './context-check.ts';
import { channelsIn, type ProgramDomain, type UserAttribute, type UserPart } from './part/user-part.ts';
import type { UserServices } from './user-services.ts';

/** Commands about channels, rules, contexts, trackers and maps of programs in user space. */
export function userHandlers(services: UserServices): DomainHandlers {
  const { parts, drainApplications } = services;
  return {
    ...channelHandlers(services, 'user'),
    track: (session, { attribute, values }) => {
      const part = parts.of(session);
      parts.track(part, userAttribute(attribute), values);
      return changed(services, part, null);
    },
    untrack: (session, { attribute, values }) => {
      const part = parts.of(session);
      parts.untrack(part, userAttribute(attribute), values);
      return changed(services, part, null);
    },
    'add-map': (session, { map }) => ({ name: parts.addMap(parts.of(session), map) }),
    'show-maps': (session, { map }) => {
      // Reads the keys that threads have announced since.
      drainApplications();
      const { maps } = parts.of(session);
      if (map !== null && !maps.has(map)) {
        throw new DaemonError('NO_MAP', `the session ${session.name} has no map ${map}`);
      }
      const chosen = [...maps.values()].filter(({ attributes }) => map === null || attributes.name === map);
      return jsonOfRows(chosen);
    },
    'reclaim-memory': (session, params) => reclaim(services, 'user', parts.of(session), params),
  };
}

/** Commands of a domain of loggers: about its channels, rules and contexts. */
export function loggerHandlers(services: UserServices, domain: NodeLogger): DomainHandlers {
  const refuse = (): never => {
    throw new DaemonError('UNSUPPORTED', `--${domain} has neither trackers nor maps of its own`, {
      hint: 'write -u: trackers of user space hold for loggers as well',
    });
  };
  return {
    ...channelHandlers(services, domain),
    track: refuse,
    untrack: refuse,
    'add-map': refuse,
    'show-maps': refuse,
    'reclaim-memory': (session, params) => reclaim(services, domain, services.parts.of(session), params),
  };
}

function channelHandlers(services: UserServices, domain: ProgramDomain) {
  const { parts } = services;
  const decisions = parts.channelsOf(domain);
  return {
    'enable-channel': (session, { channel }) => {
      const part = parts.of(session);
      decisions.enable(part, channel);
      return changed(services, part, null);
    },
    'disable-channel': (session, { channel }) => {
      const part = parts.of(session);
      decisions.disable(part, channel);
      return changed(services, part, null);
    },
    'enable-event': (session, { channel, rule }) => {
      if (rule.type !== undefined && rule.type !== 'tracepoint') {
        throw new DaemonError('UNSUPPORTED', `rules of the type ${rule.type} are only for the kernel`, {
          hint: 'write -k',
        });
      }
      const part = parts.of(session);
      const { attributes } = decisions.enableEvent(part, channel, rule);
      return changed(services, part, { channel: attributes.name });
    },
    'disable-event': (session, { channel, pattern }) => {
      const part = parts.of(session);
      return changed(services, part, decisions.disableEvent(part, channel, pattern));
    },
    // A context that this machine lacks is refused now: an application could only leave it out, and nobody would see
    // why.
    'add-context': (session, { channel, contexts }) => {
      for (const context of contexts) {
        const refusal = contextRefusal(context);
        if (refusal === null) continue;
        const code = isKnownContext(context) ? 'BAD_CONTEXT' : 'UNKNOWN_CONTEXT';
        throw new DaemonError(code, `${context}: ${refusal}`);
      }
      const added = decisions.addContexts(parts.of(session), channel, contexts);
      return { channels: added.map(({ attributes }) => attributes.name) };
    },
  } satisfies Partial<DomainHandlers>;
}

/**
 * Has applications record what changed in an active session, whose traces get the new channels. When the command is
 * answered, the change holds for the next event of every thread.
 */
async function changed<T>(services: UserServices, part: UserPart, result: T): Promise<T> {
  const { session } = part;
  if (!session.active) return result;
  const { traces, applications, publisher, consumers } = services;
  const opened = traces.open(part, applications.threads());
  const published = publisher.publishSoon();
  await consumers.of(session.owner).unlessUnavailable(opened);
  await published;
  return result;
}

async function reclaim(
  { parts, publisher, consumers }: UserServices,
  domain: ProgramDomain,
  part: UserPart,
  { channels: names, olderThanUs }: Commands['reclaim-memory']['params'],
): Promise<Result<'reclaim-memory'>> {
  const { session } = part;
  const reclaimed =
    names === null ? channelsIn(part, domain) : names.map((name) => parts.channelsOf(domain).named(part, name));
  const channels = [...part.traces.values()]
    .flatMap((trace) => [...trace.channels.values()])
    .filter(({ channel }) => reclaimed.includes(channel))
    .map(({ key }) => key);
  if (channels.length === 0) return { bytes: 0 };
  const until = clockValueAgo(session.clock, olderThanUs);
  const task = { type: 'reclaim', session: session.name, channels, until } as const;
  const { bytes, troubles } = await consumers.of(session.owner).perform(task);
  for (const trouble of troubles) session.troubles.add(trouble);
  // Sub-buffers that were released before belong to their producers, which alone know that they are not about to write
  // there.
  if (session.active) {
    parts.requestReclaim(reclaimed, until);
    await publisher.publishSoon();
  }
  return { bytes };
}

/** @throws {DaemonError} `UNSUPPORTED` for an attribute of the kernel domain */
function userAttribute(attribute: TrackedAttribute): UserAttribute {
  if (attribute === 'vpid' || attribute === 'vuid' || attribute === 'vgid') return attribute;
  throw new DaemonError(
    'UNSUPPORTED',
    `programs in user space are tracked by vpid, vuid and vgid, not by ${attribute}`,
  );
}
