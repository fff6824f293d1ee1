import { type HttpHeader, headerRefusal, repeatedHeader } from '@ringtail/protocol';
import { CliError } from '../errors/cli-error.ts';

/** Headers of requests, as the option --header has them. @throws {CliError} `BAD_ARGUMENT` */
export function parseHeaders(texts: readonly string[]): HttpHeader[] {
  const headers = texts.map((text) => {
    const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
    const header = { name: name.trim(), value: value.trim() };
    const refusal = headerRefusal(header.name, header.value);
    if (refusal === undefined) return header;
    throw new CliError(
      'BAD_ARGUMENT',
      `--header: ${refusal}`,
      "such as --header='X-Team: shop'; --token-file=FILE sends a token",
    );
  });
  const repeated = repeatedHeader(headers);
  if (repeated === undefined) return headers;
  throw new CliError('BAD_ARGUMENT', `--header: ${repeated} is given twice`, 'a request has each header once');
}
