import type { ChannelDescription, RuleDescription, TriggerDefinition } from '@ringtail/protocol';
import { XMLBuilder } from 'fast-xml-parser';
import { contextElementOf } from './context-elements.ts';
import { mapElement } from './map-elements.ts';
import type { SavedSession } from './saved-session.ts';
import { triggerElement } from './trigger-elements.ts';
import { presentOnly } from './xml-element.ts';

/** What LTTng's schema has no place for is in processing instructions, which a validating reader passes over. */
export const OWN_INSTRUCTION = '?ringtail';
/** A trigger beside the sessions for which LTTng has no words, as JSON. */
export const TRIGGER_INSTRUCTION = '?ringtail-trigger';
export const DEFINITION_ATTRIBUTE = 'definition';
export const ATTRIBUTE_PREFIX = '@_';

type Element = Readonly<Record<string, unknown>>;

/** XML's white space, and what it does not allow in any form, is kept out of names by the protocol's checks. */
const builder = new XMLBuilder({
  format: true,
  indentBy: '\t',
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE_PREFIX,
  suppressEmptyNode: true,
});

/**
 * Sessions in the form of LTTng's `.lttng` files, with triggers that are saved along with them. LTTng before 2.16 refuses files with
 * triggers or maps.
 *
 * @see session.xsd of lttng-tools 2.13; of 2.16 for triggers and maps
 */
export function printSessionFile(
  sessions: readonly SavedSession[],
  triggers: readonly TriggerDefinition[] = [],
): string {
  const elements = triggers.map(triggerElement);
  const lttngs = elements.filter((element) => element !== undefined);
  const file = {
    '?xml': { [`${ATTRIBUTE_PREFIX}version`]: '1.0', [`${ATTRIBUTE_PREFIX}encoding`]: 'UTF-8' },
    sessions: {
      session: sessions.map(sessionElement),
      ...(lttngs.length > 0 && { triggers: presentOnly({ trigger: lttngs }) as Element }),
      [TRIGGER_INSTRUCTION]: triggers.filter((_, at) => elements[at] === undefined).map(definition),
    },
  };
  return builder.build(file) as string;
}

function sessionElement(session: SavedSession): Element {
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
    domains: {
      domain: {
        type: 'UST',
        buffer_type: session.channels[0]?.ownership === 'process' ? 'PER_PID' : 'PER_UID',
        channels: { channel: session.channels.map(channelElement) },
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
  return attributesOf({ [DEFINITION_ATTRIBUTE]: JSON.stringify({ name, condition, actions }) });
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

function channelElement(channel: ChannelDescription): Element {
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
