import { readFileSync } from 'node:fs';

/**
 * Whether tests can trace the kernel of this machine: as root, and with tracefs, which the session daemon mounts.
 *
 * @param judged the untested subject without it, for the message
 * @returns false if it is absent and the tests have to be skipped
 * @throws in CI, where its absence is a failure
 */
export function requireKernelTracing(judged: string): boolean {
  const lacked = lackedPart();
  if (lacked === undefined) return true;
  const sentence = `the kernel cannot be traced (${lacked}): not tested: ${judged}`;
  if (process.env.CI !== undefined && process.env.CI !== '') throw new Error(sentence);
  process.stderr.write(`SKIPPED: ${sentence}\n`);
  return false;
}

function lackedPart(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  return readFileSync('/proc/filesystems', 'utf8').includes('\ttracefs\n') ? undefined : 'a kernel without tracefs';
}
