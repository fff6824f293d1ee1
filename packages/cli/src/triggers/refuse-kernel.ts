import { CliError } from '../errors/cli-error.ts';

/** Triggers are about programs in user space. @throws {CliError} `UNSUPPORTED`, always */
export function refuseKernel(): never {
  throw new CliError(
    'UNSUPPORTED',
    'not supported yet: kernel tracing is not part of this version',
    'Node.js programs are traced with -u',
  );
}
