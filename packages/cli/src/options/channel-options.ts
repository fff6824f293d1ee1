import { type ChannelAttributes, DEFAULT_CHANNEL } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import { CliError } from '../errors/cli-error.ts';
import { warn } from '../output/report.ts';
import type { Context } from '../program/context.ts';
import { parseCount, parsePeriodUs, parseSize, parseSizeOrZero } from './quantity-options.ts';

export interface ChannelOptions {
  readonly subbufSize?: string;
  readonly numSubbuf?: string;
  readonly overwrite?: boolean;
  readonly discard?: boolean;
}

/** All that `enable-channel` can say of a channel. */
export interface FullChannelOptions extends ChannelOptions {
  readonly blockingTimeout?: string;
  readonly switchTimer?: string;
  readonly readTimer?: string;
  readonly monitorTimer?: string;
  readonly watchdogTimer?: string;
  readonly tracefileSize?: string;
  readonly tracefileCount?: string;
  readonly output?: string;
  readonly bufferOwnership?: string;
  readonly bufferAllocation?: string;
  readonly bufferPreallocation?: ChannelAttributes['preallocation'];
  readonly autoReclaimMemory?: string;
  readonly buffersUid?: boolean;
  readonly buffersPid?: boolean;
  readonly buffersGlobal?: boolean;
}

const SUB_BUF_BYTES_LEAST = 4096;
const SUB_BUF_COUNT_LEAST = 2;

export function addChannelOptions(command: Command): Command {
  return command
    .option('--subbuf-size <size>', 'bytes of a sub-buffer, with k, M or G; rounded up to a power of two')
    .option('--num-subbuf <count>', 'sub-buffers of a ring; rounded up to a power of two')
    .addOption(new Option('--overwrite', 'when a ring is full, overwrite the oldest sub-buffer').conflicts('discard'))
    .addOption(new Option('--discard', 'when a ring is full, discard and count the newest events (default)'));
}

export function addFullChannelOptions(command: Command): Command {
  return addChannelOptions(command)
    .option(
      '--blocking-timeout <period>',
      'how long a program started with RINGTAIL_ALLOW_BLOCKING waits for a free sub-buffer: microseconds, with us, ms, s, m or h; inf: for ever',
    )
    .option('--switch-timer <period>', 'take the committed part of open sub-buffers this often (default: every second)')
    .option('--read-timer <period>', 'look for closed sub-buffers this often (default 0: programs wake the consumer)')
    .option('--monitor-timer <period>', "sample the channel's use this often (default: 1s; 0: never)")
    .option('-C, --tracefile-size <size>', 'begin another trace file before one exceeds this (default 0: one file)')
    .option('-W, --tracefile-count <count>', 'keep so many trace files of a data stream, the newest (default 0: all)')
    .addOption(
      new Option('--buffer-ownership <owner>', 'one trace for all programs of a user, or one for each process').choices(
        ['user', 'process', 'system'],
      ),
    )
    .addOption(
      new Option('--buffer-preallocation <policy>', 'take all memory of a ring at once, or as it is written').choices([
        'preallocate',
        'on-demand',
      ]),
    )
    .option(
      '--auto-reclaim-memory <policy>',
      'give back memory of sub-buffers that were taken: off (default), consumed, older-than:AGE',
    )
    .addOption(new Option('--buffers-uid', 'the same as --buffer-ownership=user (deprecated)'))
    .addOption(
      new Option('--buffers-pid', 'the same as --buffer-ownership=process (deprecated)').conflicts('buffersUid'),
    )
    .addOption(new Option('--buffers-global', 'kernel only').hideHelp())
    .addOption(new Option('--output <type>', 'mmap, the only way here').choices(['mmap', 'splice']))
    .addOption(
      new Option('--buffer-allocation <policy>', 'without effect: rings are per thread').choices([
        'per-cpu',
        'per-channel',
      ]),
    )
    .option('--watchdog-timer <period>', 'without effect: a ring has one writer, which holds nobody up');
}

/** A channel with what the options say and defaults for the rest. Rounding up is told. */
export function channelAttributes(
  context: Context,
  name: string,
  options: FullChannelOptions,
  snapshot = false,
): ChannelAttributes {
  refuseKernelOptions(options);
  tellWithoutEffect(context, options);
  const { traceFileBytes, traceFileCount } = traceFiles(options);
  const size = options.subbufSize === undefined ? fittingSubBuf(traceFileBytes) : parseSize(options.subbufSize);
  const count =
    options.numSubbuf === undefined ? DEFAULT_CHANNEL.subBufCount : parseCount('--num-subbuf', options.numSubbuf, 1);
  const mode = options.overwrite || snapshot ? 'overwrite' : 'discard';
  if (snapshot && options.discard) warn(context, 'the channels of a snapshot session overwrite: --discard is ignored');
  const subBufBytes = roundUp(context, 'The subbuf size', size, SUB_BUF_BYTES_LEAST);
  return {
    ...DEFAULT_CHANNEL,
    name,
    mode,
    subBufBytes,
    subBufCount: roundUp(context, 'The number of subbuffers', count, SUB_BUF_COUNT_LEAST),
    blockingTimeoutUs: blockingTimeout(context, options, mode),
    switchTimerUs: period(options.switchTimer, DEFAULT_CHANNEL.switchTimerUs),
    readTimerUs: period(options.readTimer, DEFAULT_CHANNEL.readTimerUs),
    monitorTimerUs: period(options.monitorTimer, DEFAULT_CHANNEL.monitorTimerUs),
    traceFileBytes: atLeastSubBuf(context, traceFileBytes, subBufBytes),
    traceFileCount,
    ownership: ownership(context, options),
    preallocation: options.bufferPreallocation ?? DEFAULT_CHANNEL.preallocation,
    reclaimAfterUs: reclaimAfter(options.autoReclaimMemory),
  };
}

function refuseKernelOptions(options: FullChannelOptions): void {
  const [option, instead] =
    options.output === 'splice'
      ? ['--output=splice', 'leave it out']
      : options.buffersGlobal
        ? ['--buffers-global', 'leave it out']
        : options.bufferOwnership === 'system'
          ? ['--buffer-ownership=system', 'write --buffer-ownership=user']
          : [];
  if (option === undefined) return;
  throw new CliError('UNSUPPORTED', `${option} is for the kernel, which this version does not trace`, instead);
}

function tellWithoutEffect(context: Context, options: FullChannelOptions): void {
  if (options.bufferAllocation !== undefined) warn(context, '--buffer-allocation has no effect: rings are per thread');
  if (options.watchdogTimer === undefined) return;
  parsePeriodUs(options.watchdogTimer);
  warn(context, '--watchdog-timer has no effect: a ring has one writer, which holds nobody up');
}

function period(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : parsePeriodUs(text);
}

function blockingTimeout(
  context: Context,
  { blockingTimeout: text, overwrite }: FullChannelOptions,
  mode: ChannelAttributes['mode'],
): number | null {
  const timeout = text === undefined ? DEFAULT_CHANNEL.blockingTimeoutUs : text === 'inf' ? null : parsePeriodUs(text);
  if (overwrite && timeout !== 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      'a channel that overwrites never waits: --overwrite goes with --blocking-timeout=0 only',
    );
  }
  if (mode === 'overwrite' && timeout !== 0) {
    warn(context, 'the channels of a snapshot session overwrite and never wait: --blocking-timeout has no effect');
  }
  return timeout;
}

function traceFiles({ tracefileSize, tracefileCount }: FullChannelOptions) {
  const traceFileBytes = tracefileSize === undefined ? 0 : parseSizeOrZero(tracefileSize);
  const traceFileCount = tracefileCount === undefined ? 0 : parseCount('--tracefile-count', tracefileCount, 0);
  if (traceFileCount > 0 && traceFileBytes === 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      "Missing option --tracefile-size. A file count without a size won't do anything.",
    );
  }
  return { traceFileBytes, traceFileCount };
}

/** A sub-buffer's packet has to fit in a trace file: the largest that does, where the default does not. */
function fittingSubBuf(traceFileBytes: number): number {
  let bytes = DEFAULT_CHANNEL.subBufBytes;
  if (traceFileBytes > 0) while (bytes > traceFileBytes && bytes > SUB_BUF_BYTES_LEAST) bytes /= 2;
  return bytes;
}

/** As LTTng does. */
function atLeastSubBuf(context: Context, traceFileBytes: number, subBufBytes: number): number {
  if (traceFileBytes === 0 || traceFileBytes >= subBufBytes) return traceFileBytes;
  warn(context, `Tracefile size rounded up from (${traceFileBytes}) to subbuffer size (${subBufBytes})`);
  return subBufBytes;
}

function ownership(context: Context, options: FullChannelOptions): ChannelAttributes['ownership'] {
  const deprecated = options.buffersPid ? 'process' : options.buffersUid ? 'user' : undefined;
  const owner = options.bufferOwnership as ChannelAttributes['ownership'] | undefined;
  if (deprecated === undefined) return owner ?? DEFAULT_CHANNEL.ownership;
  if (owner !== undefined && owner !== deprecated) {
    throw new CliError(
      'BAD_ARGUMENT',
      `--buffers-${deprecated === 'user' ? 'uid' : 'pid'} contradicts --buffer-ownership`,
    );
  }
  warn(
    context,
    `--buffers-${deprecated === 'user' ? 'uid' : 'pid'} is deprecated: write --buffer-ownership=${deprecated}`,
  );
  return deprecated;
}

function reclaimAfter(text: string | undefined): number | null {
  if (text === undefined || text === 'off') return null;
  if (text === 'consumed') return 0;
  if (text.startsWith('older-than:')) return parsePeriodUs(text.slice('older-than:'.length));
  throw new CliError(
    'BAD_ARGUMENT',
    `"${text}" is no policy`,
    'one of: off, consumed, older-than:AGE (as in older-than:30s)',
  );
}

function roundUp(context: Context, what: string, value: number, least: number): number {
  let rounded = least;
  while (rounded < value) rounded *= 2;
  if (rounded !== value) warn(context, `${what} (${value}) is rounded to the next power of 2 (${rounded})`);
  return rounded;
}
