import { readTokenFile } from '@ringtail/posix';
import { absolutePath, type Context } from '../../context/context.ts';
import { CliError } from '../../errors/cli-error.ts';
import { parseHeaders } from '../../options/http-headers.ts';
import { warn } from '../../output/report.ts';
import type { OtlpEncoding } from './encode-otlp.ts';
import { OtlpEndpoint } from './otlp-endpoint.ts';
import { OtlpFiles } from './otlp-files.ts';
import type { OtlpOptions } from './otlp-options.ts';
import type { OtlpOutput } from './otlp-output.ts';

/** Where spans and logs go, with its name for people. */
export interface NamedOtlpOutput {
  readonly output: OtlpOutput;
  /** Directory or address. */
  readonly target: string;
}

/** @throws {CliError} `BAD_ARGUMENT`, `OUTPUT_NOT_EMPTY`, `OUTPUT_NOT_WRITABLE` */
export function openOtlpOutput(
  context: Context,
  options: OtlpOptions & { readonly output?: string },
  encoding: OtlpEncoding,
): NamedOtlpOutput {
  const { endpoint, output: directory } = options;
  if (endpoint !== undefined && directory !== undefined) {
    throw new CliError('BAD_ARGUMENT', '--endpoint cannot be used with -w', 'leave one of the two out');
  }
  if (endpoint !== undefined) return endpointOf(context, endpoint, options, encoding);
  if (directory === undefined) {
    throw new CliError(
      'BAD_ARGUMENT',
      'spans and logs need a directory or a collector',
      'name a new directory with -w DIR, or a collector with --endpoint=http://localhost:4318',
    );
  }
  const path = absolutePath(context, directory);
  return { output: new OtlpFiles(path, encoding), target: path };
}

function endpointOf(context: Context, endpoint: string, options: OtlpOptions, encoding: OtlpEncoding): NamedOtlpOutput {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new CliError(
      'BAD_ARGUMENT',
      `"${endpoint}" is no address of a collector`,
      'write it with http:// or https://, such as http://localhost:4318',
    );
  }
  const headers = parseHeaders(options.header ?? []).map(({ name, value }) => [name, value] as const);
  const token = options.tokenFile === undefined ? undefined : readTokenFile(absolutePath(context, options.tokenFile));
  const output = new OtlpEndpoint({
    url,
    encoding,
    headers: token === undefined ? headers : [...headers, ['authorization', `Bearer ${token}`]],
    onRefusal: (message) => warn(context, `${url.host} has refused a part${message === '' ? '' : `: ${message}`}`),
  });
  return { output, target: url.href };
}
