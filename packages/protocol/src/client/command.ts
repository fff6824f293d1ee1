import { type Members, type ObjectOf, object, type Shape } from '../wire/shape.ts';

/** A command of the client protocol: shapes of its parameters and of its result. */
export interface Command<Params, Result> {
  readonly params: Shape<Params>;
  readonly result: Shape<Result>;
}

export function command<const M extends Members, Result>(
  params: M,
  result: Shape<Result>,
): Command<ObjectOf<M>, Result> {
  return { params: object(params), result };
}
