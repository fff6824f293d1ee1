import type { Commands, TrackedAttribute } from '@ringtail/protocol';
import type { Result } from '../../clients/handlers.ts';
import { clockValueAgo } from '../../clock/session-clock.ts';
import { DaemonError } from '../../model/daemon-error.ts';
import type { Session, UserAttribute } from '../../model/session.ts';
import { jsonOfRows } from '../../triggers/maps/map-rows.ts';
import type { DomainHandlers } from '../domain.ts';
import { contextRefusal, isKnownContext } from './context-check.ts';
import type { UserServices } from './user-services.ts';

/** Commands about channels, rules, contexts, trackers and maps of programs in user space. */
export function userHandlers(services: UserServices): DomainHandlers {
  const { registry, drainApplications } = services;
  return {
    'enable-channel': (session, { channel }) => {
      registry.channels.enable(session, channel);
      return changed(services, session, null);
    },
    'disable-channel': (session, { channel }) => {
      registry.channels.disable(session, channel);
      return changed(services, session, null);
    },
    'enable-event': (session, { channel, rule }) => {
      const { attributes } = registry.channels.enableEvent(session, channel, rule);
      return changed(services, session, { channel: attributes.name });
    },
    'disable-event': (session, { channel, pattern }) =>
      changed(services, session, registry.channels.disableEvent(session, channel, pattern)),
    // A context that this machine lacks is refused now: an application could only leave it out, and nobody would see
    // why.
    'add-context': (session, { channel, contexts }) => {
      for (const context of contexts) {
        const refusal = contextRefusal(context);
        if (refusal === null) continue;
        const code = isKnownContext(context) ? 'BAD_CONTEXT' : 'UNKNOWN_CONTEXT';
        throw new DaemonError(code, `${context}: ${refusal}`);
      }
      const added = registry.channels.addContexts(session, channel, contexts);
      return { channels: added.map(({ attributes }) => attributes.name) };
    },
    track: (session, { attribute, values }) => {
      registry.track(session, userAttribute(attribute), values);
      return changed(services, session, null);
    },
    untrack: (session, { attribute, values }) => {
      registry.untrack(session, userAttribute(attribute), values);
      return changed(services, session, null);
    },
    'add-map': (session, { map }) => ({ name: registry.addMap(session, map) }),
    'show-maps': (session, { map }) => {
      // Reads the keys that threads have announced since.
      drainApplications();
      if (map !== null && !session.maps.has(map)) {
        throw new DaemonError('NO_MAP', `the session ${session.name} has no map ${map}`);
      }
      const chosen = [...session.maps.values()].filter(({ attributes }) => map === null || attributes.name === map);
      return jsonOfRows(chosen);
    },
    'reclaim-memory': (session, params) => reclaim(services, session, params),
  };
}

/**
 * Has applications record what changed in an active session, whose traces get the new channels. When the command is
 * answered, the change holds for the next event of every thread.
 */
async function changed<T>(services: UserServices, session: Session, result: T): Promise<T> {
  if (!session.active) return result;
  const { traces, applications, publisher, consumers } = services;
  const opened = traces.open(session, applications.threads());
  const published = publisher.publishSoon();
  await consumers.of(session.owner).unlessUnavailable(opened);
  await published;
  return result;
}

async function reclaim(
  { registry, publisher, consumers }: UserServices,
  session: Session,
  { channels: names, olderThanUs }: Commands['reclaim-memory']['params'],
): Promise<Result<'reclaim-memory'>> {
  const unknown = names?.find((name) => !session.channels.has(name));
  if (unknown !== undefined) {
    throw new DaemonError('NO_CHANNEL', `the session ${session.name} has no channel ${unknown}`);
  }
  const channels = [...session.traces.values()]
    .flatMap((trace) => [...trace.channels.values()])
    .filter(({ channel }) => names === null || names.includes(channel.attributes.name))
    .map(({ key }) => key);
  if (channels.length === 0) return { bytes: 0 };
  const until = clockValueAgo(session.clock, olderThanUs);
  const task = { type: 'reclaim', session: session.name, channels, until } as const;
  const { bytes, troubles } = await consumers.of(session.owner).perform(task);
  for (const trouble of troubles) session.troubles.add(trouble);
  // Sub-buffers that were released before belong to their producers, which alone know that they are not about to write
  // there.
  if (session.active) {
    registry.requestReclaim(session, names, until);
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
