import { userNumber } from '../model/names.ts';
import { type Members, object, refuseShape, type Shape } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';

/** A request to the consumer: shapes of its members and of its result. */
export interface RequestShapes<M extends Members, Result> {
  readonly members: M;
  readonly result: Shape<Result>;
}

export function request<const M extends Members, Result>(members: M, result: Shape<Result>): RequestShapes<M, Result> {
  return { members, result };
}

export const session = plainText(255);

/** Owner of the files that the consumer writes. */
export const owner = object({ uid: userNumber, gid: userNumber });

export const uuid: Shape<string> = (value, name) => {
  if (typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return value;
  return refuseShape(`${name} must be a UUID in lower case`);
};

export const decimal: Shape<string> = (value, name) => {
  if (typeof value === 'string' && /^-?[0-9]{1,19}$/.test(value)) return value;
  return refuseShape(`${name} must be decimal digits`);
};
