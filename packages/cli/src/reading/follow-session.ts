import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { instantOf } from '@ringtail/base';
import type { Message } from '@ringtail/ctf';
import { isOutputOfSession } from '@ringtail/posix';
import { type ChannelAttributes, STATE_DIRECTORY, UNSET_SWITCH_TIMER_US } from '@ringtail/protocol';
import { FdSink, FollowedDirectory, LiveReader, PrettyPrinter, printJson, TextBuffer } from '@ringtail/reader';
import type { Command } from 'commander';
import { absolutePath, type Context } from '../context/context.ts';
import { withDaemon } from '../daemon/daemon.ts';
import { CliError } from '../errors/cli-error.ts';
import { ExitCode } from '../errors/exit-codes.ts';
import { outputFormatOf } from '../options/common-options.ts';
import { reportError, warn } from '../output/report.ts';
import type { Outcome } from '../program/command.ts';
import { LossWarnings } from './loss-warnings.ts';
import { openOptions } from './open-options.ts';
import { Output } from './output.ts';
import { prettyOptions } from './print-text.ts';
import { findTraces, runningSessions } from './session-traces.ts';
import type { ViewOptions } from './view-options.ts';

/** Between two looks at the files. */
const POLL_MS = 100;
/** Between two questions to the session daemon. */
const STATE_POLL_MS = 500;
/** From an event's time to the end of its packet's write, beside the channel's switch timer. */
const DELAY_MS = 500;
/** How long the end of a destruction is waited for. */
const DESTRUCTION_MS_MAX = 30_000;
/** After this time without any file, a warning says why there may be none. */
const SILENCE_MS = 3000;
/** Time between the creation of a recording's directory and the beginning of its session. */
const NEW_MS_MAX = 10_000;
const STDERR_FD = 2;

/** A recording in a directory. */
interface Recording {
  readonly directory: string;
  readonly channels: readonly ChannelAttributes[];
  /**
   * Whether events may still be written.
   *
   * @param isEmpty whether none was written yet
   */
  isGoingOn(isEmpty: boolean): Promise<boolean>;
}

/** Prints the events of a session that is being recorded as they are written, until the session stops. */
export async function followSession(
  context: Context,
  command: Command,
  words: readonly string[],
  options: ViewOptions,
): Promise<Outcome> {
  refuseTimes(options);
  const named = options.tracePath === undefined ? words : [absolutePath(context, options.tracePath)];
  const recording = await recordingOf(context, named);
  const format = outputFormatOf(command);
  let code: number = ExitCode.OK;
  const { onWarning, keep, keepGoing, clocks } = openOptions(context, options, () => {});
  const reader = new LiveReader({
    onError: (error) => {
      reportError(context, format, error);
      code = ExitCode.ERROR;
    },
    ...(onWarning !== undefined && { onWarning }),
    keep,
    keepGoing: keepGoing === true,
    ...(clocks !== undefined && { clocks }),
  });
  const output = new Output(context, undefined);
  const print = format === 'json' ? jsonPrinter(reader, output) : textPrinter(context, options, reader, output);
  const directory = new FollowedDirectory(recording.directory, reader, streamNames(recording.channels));
  try {
    await follow(context, recording, directory, print);
  } finally {
    output.close();
    directory.close();
  }
  return { code };
}

/** Prints the events that are there. @returns false if the reader of the output is gone */
type Print = () => boolean;

async function follow(context: Context, recording: Recording, directory: FollowedDirectory, print: Print) {
  const delayNs = BigInt(DELAY_MS + longestTimerMs(recording.channels)) * 1_000_000n;
  const begin = context.now().getTime();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  let nextQuestion = 0;
  let isSilent = true;
  try {
    for (;;) {
      const now = context.now().getTime();
      if (now >= nextQuestion) {
        if (stop.signal.aborted || !(await recording.isGoingOn(directory.isEmpty))) break;
        nextQuestion = now + STATE_POLL_MS;
      }
      directory.scan();
      if (!print()) return;
      directory.setQuiet(instantOf(BigInt(now) * 1_000_000n - delayNs));
      if (!print()) return;
      isSilent &&= directory.isEmpty;
      if (isSilent && now - begin >= SILENCE_MS) {
        warn(
          context,
          'no event has been written yet: events are written once a second, or in each period of a switch timer',
        );
        isSilent = false;
      }
      await delay(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted) break;
    }
    directory.end();
    print();
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
  }
}

function textPrinter(context: Context, options: ViewOptions, reader: LiveReader, output: Output): Print {
  const warnings = new LossWarnings(new FdSink(STDERR_FD), true);
  const pretty = prettyOptions(context, options, context.stdout);
  const printer = new PrettyPrinter(new TextBuffer(output), { ...pretty, warnings });
  return () => {
    reader.drain(printer);
    printer.finish();
    return printer.isWanted;
  };
}

function jsonPrinter(reader: LiveReader, output: Output): Print {
  let isWanted = true;
  const write = (text: string) => {
    isWanted = output.write(text);
    return isWanted;
  };
  return () => {
    printJson(messagesOf(reader), { write });
    return isWanted;
  };
}

function* messagesOf(reader: LiveReader): Generator<Message> {
  for (;;) {
    const next = reader.next();
    if (next.kind !== 'item') return;
    yield next.item;
  }
}

/** @throws {CliError} `BAD_ARGUMENT` */
function refuseTimes(options: ViewOptions): void {
  const refused = (['begin', 'end', 'timerange', 'streamIntersection', 'viewer'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (refused === undefined) return;
  const option = refused === 'streamIntersection' ? 'stream-intersection' : refused;
  throw new CliError('BAD_ARGUMENT', `--${option} cannot be used with --follow`, 'leave one of the two out');
}

/** @throws {CliError} `BAD_ARGUMENT`, `NO_TRACE` */
async function recordingOf(context: Context, words: readonly string[]): Promise<Recording> {
  if (words.length > 1) throw new CliError('BAD_ARGUMENT', '--follow takes one session', 'name one of them');
  const [found] = await findTraces(context, words);
  const { session, path } = found!;
  if (session === undefined) {
    const isGoingOn = async (isEmpty: boolean) =>
      isOutputOfSession(path) || hasRecorder(path) || (isEmpty && isNew(context, path));
    return { directory: path, channels: [], isGoingOn };
  }
  if (session.snapshot) {
    throw new CliError(
      'NO_TRACE',
      `session "${session.name}" is a flight recorder: it writes nothing until a snapshot is recorded`,
      'ringtail snapshot record writes one',
    );
  }
  if (!session.active) {
    warn(context, `session ${session.name} is not recording: ringtail start ${session.name} starts it`);
  }
  const isGoingOn = async () => {
    const now = (await runningSessions(context)).find(({ name }) => name === session.name);
    if (now?.active === true) return true;
    // The answer comes once everything is in the files.
    if (now === undefined) await untilDestroyed(context, path);
    else await withDaemon(context, (client) => client.sessionStatistics(session.name)).catch(() => undefined);
    return false;
  };
  return { directory: path, channels: session.domains.flatMap(({ channels }) => channels), isGoingOn };
}

/** Whether a consumer daemon writes to the directory: it keeps its state there until the session is destroyed. */
function hasRecorder(directory: string): boolean {
  return existsSync(join(directory, STATE_DIRECTORY));
}

/** Whether a recording may just be starting in a directory. */
function isNew(context: Context, directory: string): boolean {
  const stats = statSync(directory, { throwIfNoEntry: false });
  return stats !== undefined && context.now().getTime() - stats.mtimeMs < NEW_MS_MAX;
}

async function untilDestroyed(context: Context, directory: string): Promise<void> {
  const until = context.now().getTime() + DESTRUCTION_MS_MAX;
  while (hasRecorder(directory) && context.now().getTime() < until) await delay(POLL_MS);
}

/** The longest time until the consumer daemon writes an event. The channels of a recording may be unknown. */
function longestTimerMs(channels: readonly ChannelAttributes[]): number {
  const known = channels.length > 0 ? channels : [{ switchTimerUs: 0 }];
  return Math.ceil(Math.max(...known.map(({ switchTimerUs }) => (switchTimerUs || UNSET_SWITCH_TIMER_US) / 1000)));
}

/** The name that the files of a data stream have in common: files of limited size have a number at the end. */
function streamNames(channels: readonly ChannelAttributes[]): (file: string) => string {
  const limited = channels.filter(({ traceFileBytes }) => traceFileBytes > 0).map(({ name }) => name);
  return (file) => {
    const match = /^(.+)_\d+_\d+$/.exec(file);
    return match !== null && limited.includes(match[1]!) ? file.replace(/_\d+$/, '') : file;
  };
}
