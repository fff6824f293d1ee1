import { object, refined, refuseShape, type Shaped } from '../wire/shape.ts';
import { plainText } from '../wire/text.ts';

const NAME_BYTES_MAX = 256;
const VALUE_BYTES_MAX = 4096;

/** @see RFC 9110, section 5.6.2, `token` */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\x20-\x7e]+$/;

/** Headers that describe the connection or the body, which the sender decides. */
const OF_SENDER: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Headers that carry secrets, which a definition would show in listings and saved sessions. */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** A header that a user adds to requests. */
export const httpHeader = refined(
  object({ name: plainText(NAME_BYTES_MAX), value: plainText(VALUE_BYTES_MAX) }),
  (one) => {
    const refusal = headerRefusal(one.name, one.value);
    return refusal === undefined ? one : refuseShape(refusal);
  },
);
export type HttpHeader = Shaped<typeof httpHeader>;

/** Reason why a header cannot be added to requests; undefined for a usable header. */
export function headerRefusal(name: string, value: string): string | undefined {
  const lower = name.toLowerCase();
  if (name.length > NAME_BYTES_MAX) return `the name of a header has at most ${NAME_BYTES_MAX} bytes`;
  if (!NAME.test(name)) return 'the name of a header has only letters, digits and -';
  if (OF_SENDER.has(lower)) return `the sender of a request decides the header ${name}`;
  if (SECRET.has(lower)) return `the header ${name} carries a secret: a token is read from a file`;
  if (!VALUE.test(value)) return `the value of the header ${name} is not 1 or more printable characters of ASCII`;
  if (value.length > VALUE_BYTES_MAX) return `the value of the header ${name} has at most ${VALUE_BYTES_MAX} bytes`;
  return undefined;
}

/** The name of a header that occurs twice. */
export function repeatedHeader(headers: readonly HttpHeader[]): string | undefined {
  const names = headers.map(({ name }) => name.toLowerCase());
  return headers.find((_, at) => names.indexOf(names[at] as string) < at)?.name;
}
