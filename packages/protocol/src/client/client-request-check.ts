import { checkMap, checkTrigger, triggerNameIn } from '../model/trigger-check.ts';
import { booleanIn, integerIn, objectOf, oneOfIn, plainTextIn, refuseShape } from '../wire/json-shape.ts';
import type { Request } from './client-messages.ts';
import {
  absolutePathIn,
  CHANNEL_NAME_BYTES_MAX,
  CHANNELS_MAX,
  channelNameIn,
  checkChannelAttributes,
  checkEventRule,
  checkSnapshotOutput,
  contextNamesIn,
  orNull,
  patternIn,
  processNumbersIn,
  sessionIn,
  sessionNameIn,
  sizeIn,
  snapshotNameIn,
  snapshotOutputKeyIn,
  TRACE_FORMATS,
  textsIn,
  userIn,
} from './client-shape.ts';

/** The longest path in an option. */
const PRELOAD_BYTES_MAX = 4096 + 64;

/**
 * A message of a client as a request. Paths come out normalized, without a slash at the end.
 *
 * Sizes of buffers are only checked to be positive integers: what is possible is the session daemon's knowledge.
 *
 * @throws {ShapeError} `BAD_MESSAGE` naming the parameter that is wrong.
 */
export function checkClientRequest(message: unknown): Request {
  const request = objectOf(message, 'a request');
  const id = integerIn(request, 'id', 0, Number.MAX_SAFE_INTEGER);
  const params = objectOf(request.params, 'params');
  const command = request.command;
  switch (command) {
    case 'hello':
      return { id, command, params: { protocol: integerIn(params, 'protocol', 0, Number.MAX_SAFE_INTEGER) } };
    case 'create-session':
      return {
        id,
        command,
        params: {
          name: sessionNameIn(params, 'name'),
          output: orNull(params, 'output', absolutePathIn),
          shmPath: orNull(params, 'shmPath', absolutePathIn),
          clock: oneOfIn(params, 'clock', ['monotonic', 'tsc']),
          snapshot: booleanIn(params, 'snapshot'),
          format: orNull(params, 'format', (json, name) => oneOfIn(json, name, TRACE_FORMATS)),
        },
      };
    case 'enable-channel':
      return {
        id,
        command,
        params: { ...sessionIn(params), channel: checkChannelAttributes(objectOf(params.channel, 'channel')) },
      };
    case 'watch-command':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          pid: integerIn(params, 'pid', 1, 2 ** 31 - 1),
          preload: plainTextIn(params, 'preload', PRELOAD_BYTES_MAX),
        },
      };
    case 'disable-channel':
      return { id, command, params: { ...sessionIn(params), channel: channelNameIn(params, 'channel') } };
    case 'enable-event':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          channel: orNull(params, 'channel', channelNameIn),
          rule: checkEventRule(objectOf(params.rule, 'rule')),
        },
      };
    case 'disable-event':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          channel: orNull(params, 'channel', channelNameIn),
          pattern: orNull(params, 'pattern', patternIn),
        },
      };
    case 'add-context':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          channel: orNull(params, 'channel', channelNameIn),
          contexts: contextNamesIn(params, 'contexts'),
        },
      };
    case 'track':
    case 'untrack':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          attribute: oneOfIn(params, 'attribute', ['vpid', 'vuid', 'vgid']),
          values: orNull(params, 'values', processNumbersIn),
        },
      };
    case 'record-snapshot':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          output: params.output === null ? null : checkSnapshotOutput(objectOf(params.output, 'output')),
          name: orNull(params, 'name', snapshotNameIn),
          maxBytes: orNull(params, 'maxBytes', sizeIn),
        },
      };
    case 'add-snapshot-output':
      return {
        id,
        command,
        params: { ...sessionIn(params), output: checkSnapshotOutput(objectOf(params.output, 'output')) },
      };
    case 'delete-snapshot-output':
      return { id, command, params: { ...sessionIn(params), output: snapshotOutputKeyIn(params, 'output') } };
    case 'set-rotation-schedule':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          ...(params.timerUs !== undefined && { timerUs: orNull(params, 'timerUs', sizeIn) }),
          ...(params.sizeBytes !== undefined && { sizeBytes: orNull(params, 'sizeBytes', sizeIn) }),
        },
      };
    case 'add-trigger':
      return {
        id,
        command,
        params: {
          trigger: checkTrigger(objectOf(params.trigger, 'trigger')),
          ownerUid: orNull(params, 'ownerUid', userIn),
        },
      };
    case 'remove-trigger':
      return {
        id,
        command,
        params: { name: triggerNameIn(params, 'name'), ownerUid: orNull(params, 'ownerUid', userIn) },
      };
    case 'add-map':
      return { id, command, params: { ...sessionIn(params), map: checkMap(objectOf(params.map, 'map')) } };
    case 'show-maps':
      return { id, command, params: { ...sessionIn(params), map: orNull(params, 'map', channelNameIn) } };
    case 'reclaim-memory':
      return {
        id,
        command,
        params: {
          ...sessionIn(params),
          channels: orNull(params, 'channels', (json, name) =>
            textsIn(json, name, CHANNELS_MAX, CHANNEL_NAME_BYTES_MAX),
          ),
          olderThanUs: integerIn(params, 'olderThanUs', 0, Number.MAX_SAFE_INTEGER),
        },
      };
    case 'start-session':
    case 'stop-session':
    case 'destroy-session':
    case 'rotate-session':
    case 'begin-stop':
    case 'begin-destruction':
    case 'begin-rotation':
    case 'clear-session':
    case 'regenerate-metadata':
    case 'regenerate-statedump':
    case 'session-statistics':
    case 'session-memory':
    case 'session-sightings':
    case 'session-diagnosis':
      return { id, command, params: sessionIn(params) };
    case 'list-applications':
      return { id, command, params: { fields: booleanIn(params, 'fields') } };
    case 'daemon-status':
    case 'list-contexts':
    case 'list-sessions':
    case 'list-triggers':
    case 'subscribe':
    case 'shutdown':
      return { id, command, params: {} };
    default:
      return refuseShape('there is no command of this name');
  }
}

/** The identifier under which to answer a message that is no request, if it has one. */
export function clientRequestIdOf(message: unknown): number {
  const id = (message as { id?: unknown } | null)?.id;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
}
