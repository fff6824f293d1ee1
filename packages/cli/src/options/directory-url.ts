import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CliError } from '../errors/cli-error.ts';

/**
 * The directory of a `file://` URL, as in LTTng. An absolute path is accepted as well.
 *
 * @throws {CliError} `UNSUPPORTED`, `BAD_ARGUMENT`
 */
export function pathOfUrl(url: string): string {
  if (isAbsolute(url)) return url;
  if (/^(net6?|tcp6?):/.test(url)) {
    throw new CliError(
      'UNSUPPORTED',
      `not supported yet: ${url}; this version writes to local directories`,
      'write -o DIR',
    );
  }
  if (!/^file:\/\/\/[^?#]*$/.test(url)) {
    throw new CliError('BAD_ARGUMENT', `"${url}" is no URL of a directory`, 'write file:///DIR, or -o DIR');
  }
  return fileURLToPath(url);
}
