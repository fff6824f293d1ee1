/** The frame around each answer of the client and consumer conversations. */
import { boolean, count, literal, object, objectOf, optional, refuseShape, type Shape, type Shaped } from './shape.ts';
import { foreignText } from './text.ts';

const CODE_LENGTH_MAX = 255;
export const MESSAGE_LENGTH_MAX = 65_536;

const refusal = object({
  id: count,
  ok: literal(false),
  code: foreignText(CODE_LENGTH_MAX),
  message: foreignText(MESSAGE_LENGTH_MAX),
  /** The next step of the person whose request was refused. */
  hint: optional(foreignText(MESSAGE_LENGTH_MAX)),
});

export type Refused = Shaped<typeof refusal>;
export type Accepted<Result> = { readonly id: number; readonly ok: true; readonly result: Result };
export type Reply<Result = unknown> = Accepted<Result> | Refused;

/** The `result` of each answer is unread: check it with the shape that belongs to the request. */
const unread: Shape<unknown> = (value) => (value === undefined ? refuseShape('a reply must have a result') : value);

const acceptance = object({ id: count, ok: literal(true), result: unread });

/**
 * Checks an answer, but for its result.
 *
 * @throws {ShapeError} `BAD_MESSAGE`
 */
export function checkReply(message: unknown): Reply {
  const isAccepted = boolean(objectOf(message, 'a reply').ok, 'ok', 'all');
  return (isAccepted ? acceptance : refusal)(message, 'a reply', 'all');
}

/** The identifier under which to answer a message, even one that is no request; 0 if it has none. */
export function requestIdOf(message: unknown): number {
  const id = (message as { id?: unknown } | null)?.id;
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 ? id : 0;
}
