import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an `Authorization` header has the token. Takes the same time for all headers. */
export function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
