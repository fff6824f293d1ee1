import { describeError } from '@ringtail/base';
import {
  type CommandName,
  type Commands,
  type DomainDescription,
  type DomainName,
  type DomainOfSession,
  KEEP_ALL,
  type NewSnapshotOutput,
  TRACKED_ATTRIBUTES,
} from '@ringtail/protocol';
import { domainType } from '../xml/domain-elements.ts';
import type { SavedSession } from './saved-session.ts';

/** A command of the client protocol with its parameters. */
export type Command = {
  [Name in CommandName]: { readonly command: Name; readonly params: Commands[Name]['params'] };
}[CommandName];

type CreateCommand = Extract<Command, { readonly command: 'create-session' }>;

export interface RestoreOptions {
  /** Name instead of the saved name. */
  readonly name?: string | undefined;
  /** Output directory instead of the saved one. */
  readonly output?: string | undefined;
}

/**
 * Makes a saved session again, and destroys it again if a command is refused.
 *
 * A domain that the daemon does not have is left out, with a warning.
 *
 * @param request has one command carried out
 * @returns the directory that the session writes to
 */
export async function restoreSession(
  saved: SavedSession,
  options: RestoreOptions,
  request: (command: Command) => Promise<unknown>,
): Promise<{ readonly output: string | null; readonly warnings: readonly string[] }> {
  const [create, ...rest] = restoreRequests(saved, options);
  const { output } = (await request(create)) as Commands['create-session']['result'];
  const session = create.params.name;
  const absent = new Map<DomainName, string>();
  try {
    for (const command of rest) {
      const domain = 'domain' in command.params ? command.params.domain : undefined;
      if (domain !== undefined && absent.has(domain)) continue;
      await request(command).catch((error: unknown) => {
        if (domain === undefined || (error as { code?: unknown }).code !== 'UNSUPPORTED') throw error;
        const left = `the domain ${domainType(domain)} is left out`;
        absent.set(domain, `session ${session}: ${left} (${describeError(error)})`);
      });
    }
  } catch (error) {
    await request({ command: 'destroy-session', params: { session } }).catch(() => undefined);
    throw error;
  }
  return { output, warnings: [...absent.values()] };
}

/** The commands that make a saved session again, in order: nothing records before the last one. */
function restoreRequests(saved: SavedSession, options: RestoreOptions): [CreateCommand, ...Command[]] {
  const session = options.name ?? saved.name;
  return [
    createRequest(saved, session, options.output),
    ...saved.domains.flatMap((domain) => domainRequests(session, domain)),
    ...snapshotOutputRequests(saved, session, options.output),
    ...scheduleRequests(saved, session),
    ...(saved.active ? [{ command: 'start-session', params: { session } } as const] : []),
  ];
}

function createRequest(saved: SavedSession, name: string, output: string | undefined): CreateCommand {
  const { shmPath, clock, snapshot, format } = saved;
  // Outputs of a flight recorder are added afterwards, with their names.
  const place = { output: snapshot ? null : (output ?? saved.output), restored: true };
  // A flight recorder has its limits with its outputs.
  const retention = snapshot ? KEEP_ALL : saved.retention;
  const params = { name, ...place, shmPath, clock, snapshot, format, retention };
  return { command: 'create-session', params };
}

function domainRequests(session: string, { domain, channels, maps, trackers }: DomainDescription): Command[] {
  const place = { session, domain };
  return [
    ...channels.flatMap((channel) => channelRequests(place, channel)),
    ...maps.map((map) => ({ command: 'add-map', params: { ...place, map } }) as const),
    ...TRACKED_ATTRIBUTES.flatMap((attribute) => trackerRequests(place, attribute, trackers[attribute] ?? null)),
  ];
}

function channelRequests(place: DomainOfSession, channel: DomainDescription['channels'][number]): Command[] {
  const { enabled, contexts, rules, ...attributes } = channel;
  const { name } = attributes;
  const commands: Command[] = [{ command: 'enable-channel', params: { ...place, channel: attributes } }];
  if (contexts.length > 0) commands.push({ command: 'add-context', params: { ...place, channel: name, contexts } });
  // A pattern is disabled with all its rules, so enabled rules of the same pattern come after it.
  for (const { enabled: _, ...rule } of rules.filter((one) => !one.enabled)) {
    commands.push({ command: 'enable-event', params: { ...place, channel: name, rule } });
    commands.push({ command: 'disable-event', params: { ...place, channel: name, pattern: rule.pattern } });
  }
  for (const { enabled: _, ...rule } of rules.filter((one) => one.enabled)) {
    commands.push({ command: 'enable-event', params: { ...place, channel: name, rule } });
  }
  if (!enabled) commands.push({ command: 'disable-channel', params: { ...place, channel: name } });
  return commands;
}

function trackerRequests(
  place: DomainOfSession,
  attribute: (typeof TRACKED_ATTRIBUTES)[number],
  values: readonly number[] | null,
): Command[] {
  if (values === null) return [];
  const none: Command = { command: 'untrack', params: { ...place, attribute, values: null } };
  return values.length === 0 ? [none] : [{ command: 'track', params: { ...place, attribute, values } }];
}

function snapshotOutputRequests(saved: SavedSession, session: string, path: string | undefined): Command[] {
  const outputs: NewSnapshotOutput[] = saved.snapshotOutputs.map(({ id: _, ...output }) => output);
  // The caller's directory replaces the first output; the others keep their names.
  if (path !== undefined && saved.snapshot)
    outputs[0] = { ...(outputs[0] ?? { name: 'snapshot-1', maxBytes: null }), path };
  return outputs.map((output) => ({ command: 'add-snapshot-output', params: { session, output } }));
}

function scheduleRequests(saved: SavedSession, session: string): Command[] {
  const { timerUs, sizeBytes } = saved.rotationSchedule;
  if (timerUs === null && sizeBytes === null) return [];
  return [{ command: 'set-rotation-schedule', params: { session, timerUs, sizeBytes } }];
}
