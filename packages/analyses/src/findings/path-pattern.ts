const NUMBER = /^\d+$/;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const HASH = /^(?=.*\d)[\da-f]{16,}$/i;
const LENGTH_MAX = 200;

/**
 * A path whose numbers, UUIDs and hashes are `:id`, so that paths of one kind are one group: `/users/42` is
 * `/users/:id`.
 */
export function pathPattern(path: string): string {
  const isId = (part: string) => NUMBER.test(part) || UUID.test(part) || HASH.test(part);
  const parts = path.slice(0, LENGTH_MAX).split('/');
  return parts.map((part) => (isId(part) ? ':id' : part)).join('/');
}
