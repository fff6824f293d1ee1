import type { ChannelDescription, MapChannelAttributes, RuleDescription, TriggerDefinition } from '@ringtail/protocol';
import { XMLBuilder } from 'fast-xml-parser';
import { contextElementOf } from './context-elements.ts';
import type { SavedSession } from './saved-session.ts';

/** What LTTng's schema has no place for is in processing instructions, which a validating reader passes over. */
export const OWN_INSTRUCTION = '?ringtail';
/** A map of a session, and a trigger beside the sessions: as JSON. LTTng has had them since 2.16; older ones refuse files with its elements. */
export const MAP_INSTRUCTION = '?ringtail-map';
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
 * Sessions in the form of LTTng's `.lttng` files, with triggers that are saved along with them.
 *
 * @see session.xsd of lttng-tools 2.13
 */
export function printSessionFile(
  sessions: readonly SavedSession[],
  triggers: readonly TriggerDefinition[] = [],
): string {
  const file = {
    '?xml': { [`${ATTRIBUTE_PREFIX}version`]: '1.0', [`${ATTRIBUTE_PREFIX}encoding`]: 'UTF-8' },
    sessions: {
      session: sessions.map(sessionElement),
      [TRIGGER_INSTRUCTION]: triggers.map(({ name, condition, actions }) => definition({ name, condition, actions })),
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
    [MAP_INSTRUCTION]: session.maps.map(definition),
    name: session.name,
    ...(session.shmPath !== null && { shared_memory_path: session.shmPath }),
    domains: {
      domain: {
        type: 'UST',
        buffer_type: session.channels[0]?.ownership === 'process' ? 'PER_PID' : 'PER_UID',
        channels: { channel: session.channels.map(channelElement) },
        process_attr_trackers: trackerElements(session.trackers),
      },
    },
    started: session.active,
    ...(Object.keys(attributes).length > 0 && { attributes }),
    output: session.snapshot ? snapshotOutputs(session) : { consumer_output: consumerOutput(session.output ?? '') },
  };
}

function definition(value: MapChannelAttributes | TriggerDefinition): Element {
  return attributesOf({ [DEFINITION_ATTRIBUTE]: JSON.stringify(value) });
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
