import { Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';

const HERTZ_MAX = 10_000;

export function profileOption(): Option {
  return new Option('--profile <hertz>', 'also record JavaScript stacks, sampled this often a second: 1000').argParser(
    hertzOf,
  );
}

/** @throws {CliError} `BAD_ARGUMENT` */
function hertzOf(text: string): number {
  const hertz = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (hertz >= 1 && hertz <= HERTZ_MAX) return hertz;
  throw new CliError('BAD_ARGUMENT', `--profile takes samples a second, from 1 to ${HERTZ_MAX}, but not "${text}"`);
}
