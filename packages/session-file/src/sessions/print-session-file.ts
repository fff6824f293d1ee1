import { jsonText } from '@ringtail/base/text';
import type {
  ChannelDescription,
  DomainDescription,
  RuleDescription,
  Trackers,
  TriggerDefinition,
} from '@ringtail/protocol';
import { XMLBuilder } from 'fast-xml-parser';
import { triggerElement } from '../triggers/trigger-elements.ts';
import { bufferType, domainType } from '../xml/domain-elements.ts';
import { ATTRIBUTE_PREFIX, presentOnly, XML_VALUES } from '../xml/xml-element.ts';
import { contextElementOf } from './context-elements.ts';
import { EVENT_TYPES } from './event-types.ts';
import { mapElement } from './map-elements.ts';
import { memoryElements } from './memory-elements.ts';
import { DEFINITION_ATTRIBUTE, OWN_INSTRUCTION, PROBE_ATTRIBUTE, TRIGGER_INSTRUCTION } from './own-instructions.ts';
import { retentionAttributes, retentionInstruction } from './retention-attributes.ts';
import type { SavedSession } from './saved-session.ts';

/** LTTng's names of trace formats since 2.15. */
export const TRACE_FORMATS = { 'ctf-1.8': 'CTF_1_8', 'ctf-2': 'CTF_2' } as const;

type Element = Readonly<Record<string, unknown>>;

/** The protocol's checks keep characters that XML forbids out of all names. */
const builder = new XMLBuilder({
  format: true,
  indentBy: '\t',
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  suppressEmptyNode: true,
  ...XML_VALUES,
});

/**
 * Sessions in the format of LTTng's `.lttng` files, with triggers that are saved with them. A file with a feature that
 * LTTng 2.13 lacks has the format of 2.16, which older versions refuse: without the feature they would record something
 * else.
 *
 * @see session.xsd of lttng-tools 2.13 and 2.16
 */
export function printSessionFile(
  sessions: readonly SavedSession[],
  triggers: readonly TriggerDefinition[] = [],
): string {
  const elements = triggers.map(triggerElement);
  const lttngs = elements.filter((element) => element !== undefined);
  const form = lttngs.length > 0 || sessions.some(needsForm216) ? '2.16' : '2.13';
  const file = {
    '?xml': { [`${ATTRIBUTE_PREFIX}version`]: '1.0', [`${ATTRIBUTE_PREFIX}encoding`]: 'UTF-8' },
    sessions: {
      session: sessions.map((session) => sessionElement(session, form)),
      ...(lttngs.length > 0 && { triggers: presentOnly({ trigger: lttngs }) as Element }),
      [TRIGGER_INSTRUCTION]: triggers.filter((_, at) => elements[at] === undefined).map(definition),
    },
  };
  return builder.build(file) as string;
}

type Form = '2.13' | '2.16';

/** Whether a session has a feature that LTTng 2.13 lacks. Preallocation is none, since it does not change the trace. */
function needsForm216({ format, domains }: SavedSession): boolean {
  const isLater = ({ channels, maps }: DomainDescription): boolean =>
    maps.length > 0 || channels.some(({ reclaimAfterUs }) => reclaimAfterUs !== null);
  return format !== 'ctf-1.8' || domains.some(isLater);
}

function sessionElement(session: SavedSession, form: Form): Element {
  const { timerUs, sizeBytes } = session.rotationSchedule;
  const schedules = {
    ...(timerUs !== null && { periodic: { time_us: timerUs } }),
    ...(sizeBytes !== null && { size_threshold: { bytes: sizeBytes } }),
  };
  const attributes = {
    ...(session.snapshot && { snapshot_mode: true }),
    ...((timerUs !== null || sizeBytes !== null) && { rotation_schedules: schedules }),
  };
  return {
    [OWN_INSTRUCTION]: {
      ...attributesOf({ clock: session.clock, format: session.format }),
      ...retentionAttributes(session.retention),
    },
    name: session.name,
    ...(session.shmPath !== null && { shared_memory_path: session.shmPath }),
    ...(form === '2.16' && { trace_format: TRACE_FORMATS[session.format] }),
    domains: { domain: session.domains.map((domain) => domainElement(domain, form)) },
    started: session.active,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    output: session.snapshot ? snapshotOutputs(session) : { consumer_output: consumerOutput(session.output ?? '') },
  };
}

function domainElement(described: DomainDescription, form: Form): Element {
  const { domain, channels, maps, trackers } = described;
  return {
    type: domainType(domain),
    buffer_type: bufferType(described),
    channels: { channel: channels.map((channel) => channelElement(channel, form)) },
    ...(maps.length > 0 && { map_channels: { map_channel: maps.map(mapElement) } }),
    process_attr_trackers: trackerElements(trackers),
  };
}

function definition({ name, condition, actions }: TriggerDefinition): Element {
  return attributesOf({ [DEFINITION_ATTRIBUTE]: jsonText({ name, condition, actions }) });
}

function snapshotOutputs({ snapshotOutputs: outputs }: SavedSession): Element {
  return {
    snapshot_outputs: {
      output: outputs.map(({ name, maxBytes, path, retention }) => ({
        ...retentionInstruction(retention),
        name,
        max_size: maxBytes ?? 0,
        consumer_output: consumerOutput(path),
      })),
    },
  };
}

function consumerOutput(path: string): Element {
  return { enabled: true, destination: { path } };
}

function channelElement(channel: ChannelDescription, form: Form): Element {
  const contexts = channel.contexts.map(contextElementOf);
  const isComplete = contexts.every((context) => context !== undefined);
  return {
    [OWN_INSTRUCTION]: attributesOf({
      header: channel.header,
      preallocation: channel.preallocation,
      reclaim: channel.reclaimAfterUs ?? undefined,
      // The whole list, since its order is the order of the fields.
      contexts: isComplete ? undefined : channel.contexts.join(' '),
    }),
    name: channel.name,
    enabled: channel.enabled,
    overwrite_mode: channel.mode === 'overwrite' ? 'OVERWRITE' : 'DISCARD',
    subbuffer_size: channel.subBufBytes,
    subbuffer_count: channel.subBufCount,
    switch_timer_interval: channel.switchTimerUs,
    read_timer_interval: channel.readTimerUs,
    output_type: channel.output === 'splice' ? 'SPLICE' : 'MMAP',
    blocking_timeout: channel.blockingTimeoutUs ?? -1,
    monitor_timer_interval: channel.monitorTimerUs,
    tracefile_size: channel.traceFileBytes,
    tracefile_count: channel.traceFileCount,
    live_timer_interval: 0,
    ...(form === '2.16' && memoryElements(channel)),
    events: { event: channel.rules.map(ruleElement) },
    contexts: { context: contexts.filter((context) => context !== undefined) },
  };
}

function ruleElement(rule: RuleDescription): Element {
  const { pattern, enabled, logLevel, filter, exclude, probe, type = 'tracepoint' } = rule;
  const isSingle = logLevel !== undefined && logLevel.from === logLevel.to && logLevel.from > 0;
  const isOwn = logLevel !== undefined && logLevel.from > 0 && !isSingle;
  return {
    ...(isOwn && { [OWN_INSTRUCTION]: attributesOf({ 'loglevel-from': logLevel.from }) }),
    ...(probe !== undefined && { [OWN_INSTRUCTION]: attributesOf({ [PROBE_ATTRIBUTE]: jsonText(probe) }) }),
    name: pattern,
    enabled,
    type: EVENT_TYPES[type],
    loglevel_type: logLevel === undefined ? 'ALL' : isSingle ? 'SINGLE' : 'RANGE',
    ...(logLevel !== undefined && { loglevel: logLevel.to }),
    ...(filter !== undefined && { filter }),
    ...(exclude !== undefined && { exclusions: { exclusion: exclude } }),
  };
}

function trackerElements(trackers: Trackers): Element {
  return Object.fromEntries(
    Object.entries(trackers)
      .filter(([, values]) => values !== null)
      .map(([attribute, values]) => [
        `${attribute}_process_attr_tracker`,
        { process_attr_values: { [attribute]: values?.map((id) => ({ id })) } },
      ]),
  );
}

function attributesOf(values: Readonly<Record<string, string | number | undefined>>): Element {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [`${ATTRIBUTE_PREFIX}${name}`, String(value)]),
  );
}
