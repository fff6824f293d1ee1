/**
 * Requests of a client (the command line, `@ringtail/ctl`) to a session daemon, over `client.sock`, with their answers.
 *
 * The daemon answers each request once, in order. Between the answers a client that subscribed gets notifications.
 */
import { count, object, refuseShape, type Shape, type Shaped } from '../wire/shape.ts';
import { archiveCommands } from './archive-commands.ts';
import { channelCommands } from './channel-commands.ts';
import { daemonCommands } from './daemon-commands.ts';
import { sessionCommands } from './session-commands.ts';
import { triggerCommands } from './trigger-commands.ts';

const commands = {
  ...daemonCommands,
  ...sessionCommands,
  ...channelCommands,
  ...archiveCommands,
  ...triggerCommands,
};

export type CommandName = keyof typeof commands;

/** Parameters and result of each command. */
export type Commands = {
  [Name in CommandName]: {
    params: Shaped<(typeof commands)[Name]['params']>;
    result: Shaped<(typeof commands)[Name]['result']>;
  };
};

export type Request = {
  [Name in CommandName]: { readonly id: number; readonly command: Name; readonly params: Commands[Name]['params'] };
}[CommandName];

const commandName: Shape<CommandName> = (value) =>
  typeof value === 'string' && Object.hasOwn(commands, value)
    ? (value as CommandName)
    : refuseShape('there is no command of this name');

/**
 * Checks a request. Paths come out normalized, without a slash at the end.
 *
 * Sizes of buffers are only checked to be positive integers: the session daemon knows which of them are possible.
 *
 * @throws {ShapeError} `BAD_MESSAGE` naming the parameter that is wrong.
 */
export function checkClientRequest(message: unknown): Request {
  const { id, params, command } = request(message, 'a request', 'all');
  return { id, command, params: commands[command].params(params, 'params', 'all') } as Request;
}

const request = object({ id: count, params: (value: unknown) => value, command: commandName });

/**
 * Checks the types of a command's result.
 *
 * @throws {ShapeError} `BAD_MESSAGE`
 */
export function checkResult<Name extends CommandName>(command: Name, result: unknown): Commands[Name]['result'] {
  return (commands[command].result as Shape<Commands[Name]['result']>)(result, `the result of ${command}`, 'types');
}
