import type { CommandName, Commands } from '@ringtail/protocol';
import type { Client } from '../clients/client.ts';
import type { JsonText } from '../clients/json-text.ts';
import type { Session } from '../model/session.ts';
import type { Underway } from './underway.ts';

export type Result<Name extends CommandName> = Commands[Name]['result'];

/** What a handler gives: the result, now or later, or its JSON, or what goes on behind it. */
export type Answer<Name extends CommandName> =
  | Result<Name>
  | Promise<Result<Name>>
  | JsonText
  | Promise<JsonText>
  | Underway<Result<Name>>
  | Promise<Underway<Result<Name>>>;

/** The commands that are about a session which there is. */
export type SessionCommandName = {
  [Name in CommandName]: Commands[Name]['params'] extends { readonly session: string } ? Name : never;
}[CommandName];

/**
 * What carries out commands on a session. Called one after the other per session, with one that the client may change.
 */
export type SessionHandlers = {
  readonly [Name in SessionCommandName]: (
    session: Session,
    params: Commands[Name]['params'],
    client: Client,
  ) => Answer<Name>;
};

/** What carries out the other commands. */
export type DaemonHandlers = {
  readonly [Name in Exclude<CommandName, SessionCommandName>]: (
    params: Commands[Name]['params'],
    client: Client,
  ) => Answer<Name>;
};
