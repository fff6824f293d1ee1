import {
  type ChannelAttributes,
  type ChannelDescription,
  type DomainDescription,
  type DomainName,
  isUsed,
  type RingMemory,
  type RotationSchedule,
  type SessionDescription,
  type SnapshotOutput,
  type TrackedAttribute,
  type Trackers,
} from '@ringtail/protocol';
import {
  bufferType,
  domainType,
  memoryElements,
  retentionInstruction,
  type XmlChildren,
} from '@ringtail/session-file/internal';
import { CliError } from '../errors/cli-error.ts';
import { ruleElement } from './event-elements.ts';
import { mapChannelElement } from './map-elements.ts';

/**
 * A session without its domains, as `list` shows it.
 *
 * LTTng 2.13 and 2.14 refuse elements that later schemas added. Here and in a channel's attributes, such an element
 * appears only where a session uses the feature, so that readers of the old schema understand the others.
 */
export function sessionElement(session: SessionDescription): XmlChildren {
  return {
    name: session.name,
    // A flight recorder writes to its snapshot outputs.
    path: session.snapshot ? '' : (session.output ?? ''),
    enabled: session.active,
    snapshot_mode: session.snapshot ? 1 : 0,
    live_timer_interval: 0,
    ...(session.format === 'ctf-2' && { trace_format: 'CTF_2' }),
  };
}

/** A session with its domains and their channels, and the memory that their rings take. */
export function detailedSessionElement(session: SessionDescription, memory: readonly RingMemory[]): XmlChildren {
  // As in LTTng, a session has a domain from the first command about it on.
  const used = session.domains.filter(isUsed);
  return {
    ...retentionInstruction(session.retention),
    ...sessionElement(session),
    ...(session.snapshotOutputs.length > 0 && {
      snapshots: { snapshot: session.snapshotOutputs.map((output) => snapshotElement(output)) },
    }),
    ...((session.rotationSchedule.timerUs !== null || session.rotationSchedule.sizeBytes !== null) && {
      rotation_schedules: scheduleElement(session.rotationSchedule),
    }),
    ...(used.length > 0 && { domains: { domain: used.map((domain) => detailedDomainElement(domain, memory)) } }),
  };
}

function detailedDomainElement(described: DomainDescription, memory: readonly RingMemory[]): XmlChildren {
  const { domain, channels, maps, trackers } = described;
  return {
    ...domainElement(described),
    process_attr_trackers: trackerElements(trackers),
    channels: {
      channel: channels.map((channel) => {
        const rings = memory.filter((ring) => ring.domain === domain && ring.channel === channel.name);
        return { ...channelElement(channel), ...memoryElement(channel, rings) };
      }),
    },
    ...(maps.length > 0 && { map_channels: { map_channel: maps.map(mapChannelElement) } }),
  };
}

/** Domains that LTTng's schema has. */
const LTTNG_DOMAINS: readonly DomainName[] = ['user', 'kernel', 'jul', 'log4j', 'log4j2', 'python'];

/** @throws {CliError} `UNSUPPORTED` for a domain that LTTng's schema lacks */
function schemaType(domain: DomainName): string {
  if (LTTNG_DOMAINS.includes(domain)) return domainType(domain);
  throw new CliError('UNSUPPORTED', `LTTng's machine interface has no domain ${domain}`, 'write --output-format=json');
}

/** A domain without its channels. @throws {CliError} `UNSUPPORTED` for a domain that LTTng's schema lacks */
export function domainElement(described: Pick<DomainDescription, 'domain' | 'channels'>): XmlChildren {
  return { type: schemaType(described.domain), buffer_type: bufferType(described) };
}

function channelElement(channel: ChannelDescription): XmlChildren {
  return {
    name: channel.name,
    enabled: channel.enabled,
    attributes: attributesElement(channel),
    events: { event: channel.rules.map((rule) => ruleElement(rule)) },
  };
}

/** Memory of the rings of a channel. LTTng's schema has a set of data streams for each user or process. */
function memoryElement({ ownership }: ChannelDescription, rings: readonly RingMemory[]): XmlChildren {
  if (rings.length === 0) return {};
  const key = ownership === 'process' ? 'pid' : 'uid';
  const total = (of: readonly RingMemory[]): number => of.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  const owners = [...new Set(rings.map((ring) => ring[key]))];
  const sets = owners.map((owner) => {
    const of = rings.filter((ring) => ring[key] === owner);
    return {
      [key]: key === 'uid' ? { id: owner } : owner,
      total_memory_usage_bytes: total(of),
      data_stream_info_list: { data_stream_info: of.map(({ usedBytes }) => ({ memory_usage_bytes: usedBytes })) },
    };
  });
  return { data_stream_info_sets: { total_memory_usage_bytes: total(rings), sets: { data_stream_info_set: sets } } };
}

export function attributesElement(channel: ChannelAttributes): XmlChildren {
  return {
    overwrite_mode: channel.mode === 'overwrite' ? 'OVERWRITE' : 'DISCARD',
    subbuffer_size: channel.subBufBytes,
    subbuffer_count: channel.subBufCount,
    switch_timer_interval: channel.switchTimerUs,
    read_timer_interval: channel.readTimerUs,
    monitor_timer_interval: channel.monitorTimerUs,
    blocking_timeout: channel.blockingTimeoutUs ?? -1,
    output_type: channel.output === 'splice' ? 'SPLICE' : 'MMAP',
    tracefile_size: channel.traceFileBytes,
    tracefile_count: channel.traceFileCount,
    live_timer_interval: 0,
    ...((channel.preallocation === 'preallocate' || channel.reclaimAfterUs !== null) && memoryElements(channel)),
  };
}

export function snapshotElement(output: SnapshotOutput, session?: string): XmlChildren {
  const { id, name, path, maxBytes, retention } = output;
  return {
    ...retentionInstruction(retention),
    id,
    name,
    ctrl_url: path,
    data_url: '',
    session_name: session,
    max_size: maxBytes ?? 0,
  };
}

export function scheduleElement({ timerUs, sizeBytes }: Partial<RotationSchedule>): XmlChildren {
  return {
    periodic: timerUs === null || timerUs === undefined ? undefined : { time_us: timerUs },
    size_threshold: sizeBytes === null || sizeBytes === undefined ? undefined : { bytes: sizeBytes },
  };
}

/** A tracker without values records every process, and is not shown. */
function trackerElements(trackers: Trackers): XmlChildren {
  return Object.fromEntries(
    Object.entries(trackers)
      .filter(([, values]) => values !== null)
      .map(([attribute, values]) => [
        `${attribute}_process_attr_tracker`,
        { process_attr_values: { [attribute]: (values ?? []).map((id) => ({ type: { id } })) } },
      ]),
  );
}

/** The values of a command on trackers, each with its success. */
export function targetElements(
  targets: readonly {
    readonly attribute: TrackedAttribute;
    readonly value: string | null;
    readonly success: boolean;
  }[],
): XmlChildren {
  const attributes = [...new Set(targets.map(({ attribute }) => attribute))];
  return Object.fromEntries(
    attributes.map((attribute) => {
      const values = targets
        .filter((target) => target.attribute === attribute)
        .map(({ value, success }) => ({ type: value === null ? { all: true } : valueElement(value), success }));
      return [`${attribute}_process_attr_tracker`, { process_attr_values: { [attribute]: values } }];
    }),
  );
}

function valueElement(value: string): XmlChildren {
  return /^[0-9]+$/.test(value) ? { id: value } : { name: value };
}
