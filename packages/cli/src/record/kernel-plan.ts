import { cpus } from 'node:os';
import type { SessionDaemonClient } from '@ringtail/ctl';
import { defaultKernelChannel, type RecordingRule } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { collect, splitNames } from '../options/common-options.ts';

/** Options of `record` about the kernel. */
export interface KernelOptions {
  readonly kernel?: readonly string[];
  readonly syscall?: readonly string[];
  readonly allProcesses?: boolean;
}

/** What a recording records of the kernel. */
export interface KernelPlan {
  readonly rules: readonly RecordingRule[];
  /** Whether all processes of the system are recorded, in place of those of the command. */
  readonly allProcesses: boolean;
}

export function addKernelOptions(command: Command): Command {
  return command
    .addOption(
      new Option('-k, --kernel [names]', "tracepoints of the kernel as well: NAME[,NAME]… as in 'sched_*'; repeatable")
        .preset('')
        .argParser(collect),
    )
    .addOption(
      new Option('--syscall [names]', 'system calls as well: NAME[,NAME]… (default: all); repeatable')
        .preset('*')
        .argParser(collect),
    )
    .option('--all-processes', "with -k or --syscall: events of all processes, not only of the command's");
}

/** @returns null if the kernel is not recorded */
export function kernelPlan({ kernel = [], syscall = [], allProcesses = false }: KernelOptions): KernelPlan | null {
  const names = (lists: readonly string[]) => lists.filter((list) => list !== '').flatMap(splitNames);
  const rules: RecordingRule[] = [
    ...names(kernel).map((pattern) => ({ pattern })),
    ...names(syscall).map((pattern) => ({ pattern, type: 'syscall' as const })),
  ];
  if (rules.length > 0) return { rules, allProcesses };
  if (kernel.length === 0 && !allProcesses) return null;
  throw new CliError(
    'BAD_ARGUMENT',
    'there is no event of the kernel to record',
    "for example: -k 'sched_*' --syscall",
  );
}

/** Makes the kernel channel of a recording. Without all processes, it records none before {@link trackCommand}. */
export async function enableKernel(
  client: SessionDaemonClient,
  session: string,
  { rules, allProcesses }: KernelPlan,
): Promise<void> {
  const channel = { ...defaultKernelChannel(cpus().length), name: 'kernel' };
  await client.enableChannel(session, channel, 'kernel');
  await client.addContext(session, ['tid'], channel.name, 'kernel');
  for (const rule of rules) await client.enableEvent(session, rule, channel.name, 'kernel');
  if (!allProcesses) await client.untrack(session, 'vpid', null, 'kernel');
}

/** Has the kernel record a process, and all processes that it starts. */
export async function trackCommand(client: SessionDaemonClient, session: string, pid: number): Promise<void> {
  await client.track(session, 'vpid', [pid], 'kernel');
}
