import { type ChannelAttributes, DEFAULT_CHANNEL } from '@ringtail/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../context/context.ts';
import { CliError } from '../errors/cli-error.ts';
import { warn } from '../output/report.ts';
import { parseCount } from './quantity-options.ts';
import { parseByteLimit, parseChunkBytes, parseTimerUs } from './unit-hints.ts';

export interface ChannelOptions {
  readonly subbufSize?: string;
  readonly numSubbuf?: string;
  readonly overwrite?: boolean;
  readonly discard?: boolean;
}

/** All options of `enable-channel` about a channel. */
export interface FullChannelOptions extends ChannelOptions {
  readonly blockingTimeout?: string;
  readonly switchTimer?: string;
  readonly readTimer?: string;
  readonly monitorTimer?: string;
  readonly watchdogTimer?: string;
  readonly tracefileSize?: string;
  readonly tracefileCount?: string;
  readonly bufferOwnership?: ChannelAttributes['ownership'];
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
    .option('--subbuf-size <size>', 'size of a sub-buffer in bytes, with k, M or G; rounded up to a power of two')
    .option('--num-subbuf <count>', 'number of sub-buffers of a ring buffer; rounded up to a power of two')
    .addOption(
      new Option('--overwrite', 'event-loss mode: a full ring buffer overwrites its oldest sub-buffer').conflicts(
        'discard',
      ),
    )
    .addOption(new Option('--discard', 'event-loss mode: a full ring buffer discards and counts new events (default)'));
}

export function addFullChannelOptions(command: Command): Command {
  return addChannelOptions(command)
    .option(
      '--blocking-timeout <period>',
      'longest wait for a free sub-buffer, in programs with RINGTAIL_ALLOW_BLOCKING: microseconds, with us, ms, s, m or h; inf: for ever',
    )
    .option(
      '--switch-timer <period>',
      'period after which open sub-buffers are taken as far as committed (default: 1s)',
    )
    .option(
      '--read-timer <period>',
      'period after which closed sub-buffers are taken (default: 0, programs wake the consumer)',
    )
    .option('--monitor-timer <period>', "period after which the channel's use is sampled (default: 1s; 0: never)")
    .option(
      '-C, --tracefile-size <size>',
      'largest size of a trace file in bytes, with k, M or G, before another one begins (default: 0, one file)',
    )
    .option(
      '-W, --tracefile-count <count>',
      'number of trace files of a data stream that are kept, the newest (default: 0, all)',
    )
    .addOption(
      new Option(
        '--buffer-ownership <owner>',
        'one trace for all programs of a user, or one for each process; system: the kernel',
      ).choices(['user', 'process', 'system']),
    )
    .addOption(
      new Option(
        '--buffer-preallocation <policy>',
        'memory of a ring buffer: allocated at once, or as it is written',
      ).choices(['preallocate', 'on-demand']),
    )
    .option(
      '--auto-reclaim-memory <policy>',
      'memory of taken sub-buffers is given back: off (default), consumed, older-than:AGE',
    )
    .addOption(new Option('--buffers-uid', 'the same as --buffer-ownership=user (deprecated)'))
    .addOption(
      new Option('--buffers-pid', 'the same as --buffer-ownership=process (deprecated)').conflicts('buffersUid'),
    )
    .addOption(new Option('--buffers-global', 'kernel only').hideHelp())
    .addOption(
      new Option(
        '--output <type>',
        'output type: mmap, the only one in user space; without effect for the kernel',
      ).choices(['mmap', 'splice']),
    )
    .addOption(
      new Option('--buffer-allocation <policy>', 'without effect: each thread has a ring buffer of its own').choices([
        'per-cpu',
        'per-channel',
      ]),
    )
    .option('--watchdog-timer <period>', 'without effect: a ring buffer has one writer, which blocks no other');
}

/**
 * A channel with the attributes that the options give, and the defaults of its domain for the rest. Warns of sizes that
 * are rounded up.
 */
export function channelAttributes(
  context: Context,
  name: string,
  options: FullChannelOptions,
  snapshot = false,
  defaults: ChannelAttributes = DEFAULT_CHANNEL,
): ChannelAttributes {
  warnWithoutEffect(context, options);
  const { traceFileBytes, traceFileCount } = traceFiles(context, options);
  const size =
    options.subbufSize === undefined
      ? fittingSubBuf(traceFileBytes, defaults)
      : parseChunkBytes(context, '--subbuf-size', options.subbufSize);
  const count =
    options.numSubbuf === undefined ? defaults.subBufCount : parseCount('--num-subbuf', options.numSubbuf, 1);
  const mode = options.overwrite || snapshot ? 'overwrite' : 'discard';
  if (snapshot && options.discard) warn(context, 'the channels of a flight recorder overwrite: --discard is ignored');
  const subBufBytes = roundUp(context, 'The subbuf size', size, SUB_BUF_BYTES_LEAST);
  return {
    ...defaults,
    name,
    mode,
    subBufBytes,
    subBufCount: roundUp(context, 'The number of subbuffers', count, SUB_BUF_COUNT_LEAST),
    blockingTimeoutUs: blockingTimeout(context, options, mode),
    switchTimerUs: timer(context, '--switch-timer', options.switchTimer) ?? defaults.switchTimerUs,
    readTimerUs: timer(context, '--read-timer', options.readTimer) ?? defaults.readTimerUs,
    monitorTimerUs: timer(context, '--monitor-timer', options.monitorTimer) ?? defaults.monitorTimerUs,
    traceFileBytes: atLeastSubBuf(context, traceFileBytes, subBufBytes),
    traceFileCount,
    ownership: ownership(context, options, defaults),
    preallocation: options.bufferPreallocation ?? defaults.preallocation,
    reclaimAfterUs: reclaimAfter(context, options.autoReclaimMemory),
  };
}

function warnWithoutEffect(context: Context, options: FullChannelOptions): void {
  if (options.bufferAllocation !== undefined) warn(context, '--buffer-allocation has no effect: rings are per thread');
  if (options.watchdogTimer === undefined) return;
  parseTimerUs(context, '--watchdog-timer', options.watchdogTimer);
  warn(context, '--watchdog-timer has no effect: a ring has one writer, which holds nobody up');
}

function timer(context: Context, option: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTimerUs(context, option, text);
}

function blockingTimeout(
  context: Context,
  { blockingTimeout: text, overwrite }: FullChannelOptions,
  mode: ChannelAttributes['mode'],
): number | null {
  const timeout =
    text === 'inf' ? null : (timer(context, '--blocking-timeout', text) ?? DEFAULT_CHANNEL.blockingTimeoutUs);
  if (overwrite && timeout !== 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      'a channel that overwrites never waits: --overwrite goes with --blocking-timeout=0 only',
    );
  }
  if (mode === 'overwrite' && timeout !== 0) {
    warn(context, 'the channels of a flight recorder overwrite and never wait: --blocking-timeout has no effect');
  }
  return timeout;
}

function traceFiles(context: Context, { tracefileSize, tracefileCount }: FullChannelOptions) {
  const traceFileBytes =
    tracefileSize === undefined ? 0 : (parseByteLimit(context, '--tracefile-size', tracefileSize) ?? 0);
  const traceFileCount = tracefileCount === undefined ? 0 : parseCount('--tracefile-count', tracefileCount, 0);
  if (traceFileCount > 0 && traceFileBytes === 0) {
    throw new CliError(
      'BAD_ARGUMENT',
      "Missing option --tracefile-size. A file count without a size won't do anything.",
    );
  }
  return { traceFileBytes, traceFileCount };
}

/** The default size of a sub-buffer, or the largest size whose packet fits in a trace file. */
function fittingSubBuf(traceFileBytes: number, { subBufBytes }: ChannelAttributes): number {
  let bytes = subBufBytes;
  if (traceFileBytes > 0) while (bytes > traceFileBytes && bytes > SUB_BUF_BYTES_LEAST) bytes /= 2;
  return bytes;
}

/** The size of a trace file, raised to a sub-buffer's size as in LTTng. */
function atLeastSubBuf(context: Context, traceFileBytes: number, subBufBytes: number): number {
  if (traceFileBytes === 0 || traceFileBytes >= subBufBytes) return traceFileBytes;
  warn(context, `Tracefile size rounded up from (${traceFileBytes}) to subbuffer size (${subBufBytes})`);
  return subBufBytes;
}

/** Former options of buffer ownership. */
const FORMER_OWNERSHIP = [
  ['buffersUid', '--buffers-uid', 'user'],
  ['buffersPid', '--buffers-pid', 'process'],
  ['buffersGlobal', '--buffers-global', 'system'],
] as const;

function ownership(
  context: Context,
  options: FullChannelOptions,
  defaults: ChannelAttributes,
): ChannelAttributes['ownership'] {
  const wanted = options.bufferOwnership ?? defaults.ownership;
  const former = FORMER_OWNERSHIP.find(([name]) => options[name]);
  if (former === undefined) return wanted;
  const [, flag, owner] = former;
  if (options.bufferOwnership !== undefined && wanted !== owner) {
    throw new CliError('BAD_ARGUMENT', `${flag} contradicts --buffer-ownership`);
  }
  warn(context, `${flag} is deprecated: write --buffer-ownership=${owner}`);
  return owner;
}

function reclaimAfter(context: Context, text: string | undefined): number | null {
  if (text === undefined || text === 'off') return null;
  if (text === 'consumed') return 0;
  if (text.startsWith('older-than:')) return parseTimerUs(context, 'older-than', text.slice('older-than:'.length));
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
