import { jsonText } from '@ringtail/base/text';
import type { ChannelDescription, RuleDescription, TriggerDefinition } from '@ringtail/protocol';
import { XMLBuilder } from 'fast-xml-parser';
import { triggerElement } from '../triggers/trigger-elements.ts';
import { ATTRIBUTE_PREFIX, presentOnly, XML_VALUES } from '../xml/xml-element.ts';
import { contextElementOf } from './context-elements.ts';
import { mapElement } from './map-elements.ts';
import { memoryElements } from './memory-elements.ts';
import { DEFINITION_ATTRIBUTE, OWN_INSTRUCTION, TRIGGER_INSTRUCTION } from './own-instructions.ts';
import type { SavedSession } from './saved-session.ts';

/** As LTTng names formats of traces since 2.15. */
export const TRACE_FORMATS = { 'ctf-1.8': 'CTF_1_8', 'ctf-2': 'CTF_2' } as const;

type Element = Readonly<Record<string, unknown>>;

/** Characters that XML does not allow in any form are kept out of names by the protocol's checks. */
const builder = new XMLBuilder({
  format: true,
  indentBy: '\t',
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  suppressEmptyNode: true,
  ...XML_VALUES,
});

/**
 * Sessions in the form of LTTng's `.lttng` files, with triggers that are saved along with them. A file with anything that LTTng 2.13
 * has not is in the form of 2.16, which older ones refuse: a session that lacks part of itself would record something else.
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

/** When rings take their memory does not count: what a session records is the same. */
function needsForm216({ format, channels, maps }: SavedSession): boolean {
  return format !== 'ctf-1.8' || maps.length > 0 || channels.some(({ reclaimAfterUs }) => reclaimAfterUs !== null);
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
    [OWN_INSTRUCTION]: attributesOf({ clock: session.clock, format: session.format }),
    name: session.name,
    ...(session.shmPath !== null && { shared_memory_path: session.shmPath }),
    ...(form === '2.16' && { trace_format: TRACE_FORMATS[session.format] }),
    domains: {
      domain: {
        type: 'UST',
        buffer_type: session.channels[0]?.ownership === 'process' ? 'PER_PID' : 'PER_UID',
        channels: { channel: session.channels.map((channel) => channelElement(channel, form)) },
        ...(session.maps.length > 0 && { map_channels: { map_channel: session.maps.map(mapElement) } }),
        process_attr_trackers: trackerElements(session.trackers),
      },
    },
    started: session.active,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    output: session.snapshot ? snapshotOutputs(session) : { consumer_output: consumerOutput(session.output ?? '') },
  };
}

function definition({ name, condition, actions }: TriggerDefinition): Element {
  return attributesOf({ [DEFINITION_ATTRIBUTE]: jsonText({ name, condition, actions }) });
}

function snapshotOutputs({ snapshotOutputs: outputs }: SavedSession): Element {
  return {
    snapshot_outputs: {
      output: outputs.map(({ name, maxBytes, path }) => ({
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
      // The whole list, for their order is that of the fields.
      contexts: isComplete ? undefined : channel.contexts.join(' '),
    }),
    name: channel.name,
    enabled: channel.enabled,
    overwrite_mode: channel.mode === 'overwrite' ? 'OVERWRITE' : 'DISCARD',
    subbuffer_size: channel.subBufBytes,
    subbuffer_count: channel.subBufCount,
    switch_timer_interval: channel.switchTimerUs,
    read_timer_interval: channel.readTimerUs,
    output_type: 'MMAP',
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
  const { pattern, enabled, logLevel, filter, exclude } = rule;
  const isSingle = logLevel !== undefined && logLevel.from === logLevel.to && logLevel.from > 0;
  const isOwn = logLevel !== undefined && logLevel.from > 0 && !isSingle;
  return {
    ...(isOwn && { [OWN_INSTRUCTION]: attributesOf({ 'loglevel-from': logLevel.from }) }),
    name: pattern,
    enabled,
    type: 'TRACEPOINT',
    loglevel_type: logLevel === undefined ? 'ALL' : isSingle ? 'SINGLE' : 'RANGE',
    ...(logLevel !== undefined && { loglevel: logLevel.to }),
    ...(filter !== undefined && { filter }),
    ...(exclude !== undefined && { exclusions: { exclusion: exclude } }),
  };
}

function trackerElements(trackers: SavedSession['trackers']): Element {
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
