import type { CommandName, Commands } from '@ringtail/protocol';
import type { Client } from '../model/client.ts';
import type { Session } from '../model/session.ts';
import type { JsonText } from './json-text.ts';
import type { Underway } from './underway.ts';

export type Result<Name extends CommandName> = Commands[Name]['result'];

/** Answer of a handler, now or later: the result, its JSON, or an `Underway`. */
export type Answer<Name extends CommandName> =
  | Result<Name>
  | Promise<Result<Name>>
  | JsonText
  | Promise<JsonText>
  | Underway<Result<Name>>
  | Promise<Underway<Result<Name>>>;

/** Commands on an existing session. */
export type SessionCommandName = {
  [Name in CommandName]: Commands[Name]['params'] extends { readonly session: string } ? Name : never;
}[CommandName];

/** Handlers of commands on a session, which the client may change. They run one at a time for each session. */
export type SessionHandlers = {
  readonly [Name in SessionCommandName]: (
    session: Session,
    params: Commands[Name]['params'],
    client: Client,
  ) => Answer<Name>;
};

/** Handlers of the other commands. */
export type DaemonHandlers = {
  readonly [Name in Exclude<CommandName, SessionCommandName>]: (
    params: Commands[Name]['params'],
    client: Client,
  ) => Answer<Name>;
};
