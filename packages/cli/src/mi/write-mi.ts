import type { TracepointDescription } from '@ringtail/protocol';
import type { XmlChildren } from '@ringtail/session-file/internal';
import type { CommandResult, ListedDomain } from '../command-result.ts';
import { contextElement, ruleElement, syscallElement, tracepointElement } from './event-elements.ts';
import { mapTableElements } from './map-elements.ts';
import {
  attributesElement,
  detailedSessionElement,
  domainElement,
  scheduleElement,
  sessionElement,
  snapshotElement,
  targetElements,
} from './session-elements.ts';
import { triggerElement } from './trigger-elements.ts';
import { miDocument } from './xml.ts';

/**
 * A command's result in LTTng's machine interface, a document of XML.
 *
 * `success` is absent where LTTng leaves it out: in listings.
 *
 * @see mi-lttng-4.3.xsd of lttng-tools
 */
export function writeMi(result: CommandResult): string {
  const [command, ...action] = result.command.split('-');
  switch (result.command) {
    case 'create':
      return miDocument('create', { session: sessionElement(result.session) }, true);
    case 'set-session':
      return miDocument('set-session', { sessions: { session: { name: result.session } } }, true);
    case 'start':
    case 'stop':
    case 'clear':
    case 'destroy': {
      const done = result.sessions.filter(({ success }) => success);
      const enabled = result.command === 'start' ? true : result.command === 'stop' ? false : undefined;
      const sessions = { session: done.map(({ session }) => ({ name: session, enabled })) };
      return miDocument(result.command, { sessions }, all(result.sessions));
    }
    case 'list-sessions':
      return miDocument('list', { sessions: { session: result.sessions.map(sessionElement) } }, undefined);
    case 'list-session':
      return miDocument(
        'list',
        { sessions: { session: [detailedSessionElement(result.session, result.memory)] } },
        undefined,
      );
    case 'list-domains':
      return miDocument('list', { domains: { domain: result.session.domains.map(domainElement) } }, undefined);
    case 'list-tracepoints':
      return miDocument(
        'list',
        { domains: { domain: result.domains.map((domain) => instrumentationElement(domain, result.fields)) } },
        undefined,
      );
    case 'enable-channel': {
      const channel = result.channels.map(({ channel: attributes, success }) => ({
        name: attributes.name,
        enabled: true,
        attributes: attributesElement(attributes),
        success,
      }));
      return miDocument('enable-channel', { channels: { channel } }, all(result.channels));
    }
    case 'disable-channel': {
      const channel = result.channels.map(({ channel: name, success }) => ({ name, enabled: false, success }));
      return miDocument('disable-channel', { channels: { channel } }, all(result.channels));
    }
    case 'enable-event': {
      const event = result.events.map(({ rule, success }) => ruleElement(rule, success));
      return miDocument('enable-event', { events: { event } }, all(result.events));
    }
    case 'disable-event': {
      const event = result.events.map(({ pattern, success }) => ({ name: pattern ?? '*', enabled: false, success }));
      const name = result.events.find(({ channel }) => channel !== null)?.channel ?? 'channel0';
      return miDocument('disable-event', { channel: { name, events: { event } } }, all(result.events));
    }
    case 'add-context': {
      const context = result.contexts.map((one) => contextElement(one.context, one.success));
      return miDocument('add-context', { contexts: { context } }, all(result.contexts));
    }
    case 'list-contexts': {
      const context = result.contexts.map(({ name }) => contextElement(name));
      return miDocument('add-context', { contexts: { context } }, true);
    }
    case 'track':
    case 'untrack':
      return miDocument(result.command, { process_attr_trackers: targetElements(result.targets) }, all(result.targets));
    case 'snapshot-record':
      return snapshotDocument('record', { snapshot: { session_name: result.session, ctrl_url: result.path } });
    case 'snapshot-add-output':
      return snapshotDocument('add-output', { snapshot: snapshotElement(result.output, result.session) });
    case 'snapshot-del-output': {
      const { output, session } = result;
      const which = typeof output === 'number' ? { id: output } : { name: output };
      return snapshotDocument('del-output', { snapshot: { ...which, session_name: session } });
    }
    case 'snapshot-list-output': {
      const snapshot = result.outputs.map((output) => snapshotElement(output));
      return snapshotDocument('list-output', { session: { name: result.session, snapshots: { snapshot } } });
    }
    case 'rotate': {
      const isDone = result.statistics !== undefined;
      const location = isDone && { location: { local: { absolute_path: result.archive } } };
      const state = isDone ? 'COMPLETED' : 'ONGOING';
      return miDocument('rotate', { rotation: { session_name: result.session, state, ...location } }, true);
    }
    case 'enable-rotation':
    case 'disable-rotation': {
      const results = result.schedules.map(({ kind, value, success }) => ({
        rotation_schedule: scheduleElement(kind === 'timer' ? { timerUs: value ?? 0 } : { sizeBytes: value ?? 0 }),
        success,
      }));
      const output = { session_name: result.session, rotation_schedule_result: results };
      return miDocument(result.command, { rotation_schedule_results: output }, all(result.schedules));
    }
    case 'save':
      return miDocument('save', { save: savedElement(result.sessions) }, true);
    case 'load':
      return miDocument('load', { load: { ...savedElement(result.sessions), overrides: {} } }, result.success);
    case 'regenerate-metadata':
    case 'regenerate-statedump':
      return miDocument(command as string, { regenerate_action: { name: action.join('-') } }, true);
    case 'reclaim-memory':
      return miDocument('reclaim-memory', { reclaim_channels: {} }, true);
    case 'add-trigger':
    case 'remove-trigger':
      return miDocument(result.command, { trigger: triggerElement(result.trigger, false) }, true);
    case 'list-triggers': {
      const trigger = result.triggers.map((one) => triggerElement(one, true));
      return miDocument('list-trigger', { triggers: { trigger } }, undefined);
    }
    case 'add-map-channel':
      return miDocument('add-map-channel', {}, true);
    case 'show-maps':
      return miDocument('show-maps', mapTableElements(result.session, result.tables), true);
    case 'export-maps':
      return miDocument('export-maps', { 'export-maps': { output: result.script } }, true);
    case 'version':
      return miDocument('version', { version: versionElement(result.ringtail) }, undefined);
    case 'crash':
      // LTTng's `crash` is a program without a machine interface; the trace is shown as the path of a session.
      return miDocument('list', { session: { name: 'crash', path: result.trace } }, true);
  }
}

/** Output of commands that failed: LTTng's empty elements. */
const NOTHING_DONE: Readonly<Record<string, XmlChildren>> = {
  ...Object.fromEntries(['start', 'stop', 'clear', 'destroy', 'list'].map((name) => [name, { sessions: {} }])),
  ...Object.fromEntries(['enable-channel', 'disable-channel'].map((name) => [name, { channels: {} }])),
  ...Object.fromEntries(['track', 'untrack'].map((name) => [name, { process_attr_trackers: {} }])),
  'enable-event': { events: {} },
  'add-context': { contexts: {} },
};

/** Names of commands in the machine interface, where they differ from ours. */
const OTHER_NAMES: Readonly<Record<string, string>> = { status: 'list', 'list-triggers': 'list-trigger' };

/** Commands without a machine interface. */
const UNKNOWN: ReadonlySet<string> = new Set([
  'record',
  'guard',
  'view',
  'traces',
  'report',
  'stats',
  'convert',
  'crash',
  'doctor',
  'completion',
  'help',
  '__complete',
]);

/**
 * A command that failed in LTTng's machine interface; the reason is on standard error.
 *
 * @param action of `snapshot`
 * @returns an empty text for a command without a machine interface
 */
export function writeMiFailure(command: string, action?: string): string {
  if (UNKNOWN.has(command)) return '';
  const name = OTHER_NAMES[command] ?? command;
  const output = command === 'snapshot' ? { snapshot_action: { name: action, output: {} } } : NOTHING_DONE[name];
  return miDocument(name, output ?? {}, false);
}

function all(attempts: readonly { readonly success: boolean }[]): boolean {
  return attempts.every(({ success }) => success);
}

function snapshotDocument(action: string, output: XmlChildren): string {
  return miDocument('snapshot', { snapshot_action: { name: action, output } }, true);
}

/** The schema has room for one session: several are shown as `*`, as LTTng shows all. */
function savedElement(sessions: readonly { readonly session: string; readonly path: string }[]): XmlChildren {
  const [first, ...more] = sessions;
  return { session: { name: more.length > 0 ? '*' : (first?.session ?? '*') }, path: first?.path ?? '' };
}

function instrumentationElement(
  { domain, syscalls, applications, events }: ListedDomain,
  fields: boolean,
): XmlChildren {
  const eventElements = (tracepoints: readonly TracepointDescription[]): XmlChildren => ({
    event: tracepoints.map((one) => (syscalls ? syscallElement(one, fields) : tracepointElement(one, fields))),
  });
  const pid = applications.map((application) => ({
    id: application.pid,
    name: application.program,
    events: eventElements(application.tracepoints),
  }));
  return {
    ...domainElement({ domain, channels: [] }),
    ...(events.length > 0 && { events: eventElements(events) }),
    // As in LTTng, user space has this element without programs too.
    ...(events.length === 0 && (domain === 'user' || pid.length > 0) && { pids: { pid } }),
  };
}

function versionElement(version: string): XmlChildren {
  const [major = 0, minor = 0, patchLevel = 0] = version.split('.').map(Number);
  return {
    name: 'Ringtail',
    string: version,
    major,
    minor,
    patchLevel,
    commit: '',
    url: '',
    description: 'Tracing of Node.js programs in the formats of LTTng',
    license: 'MIT',
  };
}
