/**
 * Messages of an application's thread to a session daemon, over the application socket (`app.sock`).
 *
 * A descriptor travels as SCM_RIGHTS with the first byte of its message's frame. The daemon answers `register` and
 * `declare`, in order (`daemon-messages.ts`); it answers nothing else.
 */
import { type Shaped, variant } from '../wire/shape.ts';
import { lifetimeMessages } from './lifetime.ts';
import { recordingMessages } from './recording.ts';
import { registrationMessages } from './registration.ts';
import { triggerMessages } from './triggers.ts';

const appMessage = variant(
  'type',
  { ...registrationMessages, ...recordingMessages, ...triggerMessages, ...lifetimeMessages },
  'there is no message of this type',
);

export type AppMessage = Shaped<typeof appMessage>;
export type AppMessageOf<Type extends AppMessage['type']> = Extract<AppMessage, { readonly type: Type }>;

export type RegisterMessage = AppMessageOf<'register'>;
export type UnableMessage = AppMessageOf<'unable'>;
export type DeclareMessage = AppMessageOf<'declare'>;
export type RingMessage = AppMessageOf<'ring'>;
export type TroubleMessage = AppMessageOf<'trouble'>;
export type WrongValueMessage = AppMessageOf<'wrong-value'>;
export type TracepointsMessage = AppMessageOf<'tracepoints'>;
export type TriggerMatchedMessage = AppMessageOf<'trigger-matched'>;
export type CountersMessage = AppMessageOf<'counters'>;
export type AliveMessage = AppMessageOf<'alive'>;
export type ProgramMessage = AppMessageOf<'program'>;
export type GoodbyeMessage = AppMessageOf<'goodbye'>;

/**
 * Checks a message of an application.
 *
 * Texts that only people read (names of the process and the program, runtime, list of tracepoints, troubles) come out
 * cut and without control characters.
 *
 * @throws {ShapeError} `PROTOCOL_VERSION` for a registration of another version, else `BAD_MESSAGE`
 */
export function checkAppMessage(message: unknown): AppMessage {
  return appMessage(message, 'a message', 'all');
}
