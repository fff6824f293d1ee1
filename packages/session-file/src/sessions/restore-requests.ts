import type { CommandName, Commands, TrackedAttribute } from '@ringtail/protocol';
import type { SavedSession } from './saved-session.ts';

/** One command of the client protocol with its parameters. */
export type Command = {
  [Name in CommandName]: { readonly command: Name; readonly params: Commands[Name]['params'] };
}[CommandName];

export interface RestoreOptions {
  /** In place of the saved name. */
  readonly name?: string | undefined;
  /** Where the session writes now, in place of where it wrote. */
  readonly output?: string | undefined;
}

const ATTRIBUTES: readonly TrackedAttribute[] = ['vpid', 'vuid', 'vgid'];

/**
 * The commands that make a saved session again, in order: nothing records before the last one. Whoever gives them destroys
 * the session if one is refused.
 */
export function restoreRequests(saved: SavedSession, options: RestoreOptions = {}): Command[] {
  const session = options.name ?? saved.name;
  return [
    createRequest(saved, session, options.output),
    ...saved.channels.flatMap((channel) => channelRequests(session, channel)),
    ...saved.maps.map((map) => ({ command: 'add-map', params: { session, map } }) as const),
    ...ATTRIBUTES.flatMap((attribute) => trackerRequests(session, attribute, saved.trackers[attribute])),
    ...snapshotOutputRequests(saved, session, options.output),
    ...scheduleRequests(saved, session),
    ...(saved.active ? [{ command: 'start-session', params: { session } } as const] : []),
  ];
}

function createRequest(saved: SavedSession, name: string, output: string | undefined): Command {
  const { shmPath, clock, snapshot, format } = saved;
  // The outputs of a flight recorder follow one by one, with their names.
  const params = { name, output: snapshot ? null : (output ?? saved.output), shmPath, clock, snapshot, format };
  return { command: 'create-session', params };
}

function channelRequests(session: string, channel: SavedSession['channels'][number]): Command[] {
  const { enabled, contexts, rules, ...attributes } = channel;
  const { name } = attributes;
  const commands: Command[] = [{ command: 'enable-channel', params: { session, channel: attributes } }];
  if (contexts.length > 0) commands.push({ command: 'add-context', params: { session, channel: name, contexts } });
  // Disabling is by pattern and would meet the enabled rules of the same pattern, which therefore come after.
  for (const { enabled: _, ...rule } of rules.filter((one) => !one.enabled)) {
    commands.push({ command: 'enable-event', params: { session, channel: name, rule } });
    commands.push({ command: 'disable-event', params: { session, channel: name, pattern: rule.pattern } });
  }
  for (const { enabled: _, ...rule } of rules.filter((one) => one.enabled)) {
    commands.push({ command: 'enable-event', params: { session, channel: name, rule } });
  }
  if (!enabled) commands.push({ command: 'disable-channel', params: { session, channel: name } });
  return commands;
}

function trackerRequests(session: string, attribute: TrackedAttribute, values: readonly number[] | null): Command[] {
  if (values === null) return [];
  const none: Command = { command: 'untrack', params: { session, attribute, values: null } };
  return values.length === 0 ? [none] : [{ command: 'track', params: { session, attribute, values } }];
}

function snapshotOutputRequests(saved: SavedSession, session: string, path: string | undefined): Command[] {
  const outputs = saved.snapshotOutputs.map(({ name, path: former, maxBytes }) => ({ name, path: former, maxBytes }));
  // A place of the caller's replaces the first; the others have names of their own.
  if (path !== undefined && saved.snapshot)
    outputs[0] = { ...(outputs[0] ?? { name: 'snapshot-1', maxBytes: null }), path };
  return outputs.map((output) => ({ command: 'add-snapshot-output', params: { session, output } }));
}

function scheduleRequests(saved: SavedSession, session: string): Command[] {
  const { timerUs, sizeBytes } = saved.rotationSchedule;
  if (timerUs === null && sizeBytes === null) return [];
  return [{ command: 'set-rotation-schedule', params: { session, timerUs, sizeBytes } }];
}
