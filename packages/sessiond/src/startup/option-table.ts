import { LOG_LEVELS } from '../log/log.ts';

/** An option of the session daemon, which its configuration file has by its long name. */
export interface OptionDescription {
  readonly short?: string;
  /** Name of its argument; absent if it takes none. */
  readonly argument?: string;
  /** A sentence for the help text; absent if the option is refused. */
  readonly help?: string;
  /** Why the option is refused. */
  readonly refused?: string;
}

const NO_MODULES = 'the kernel is traced without modules, through tracefs; nothing has to be loaded';
const NO_NOTIFIERS = 'there are no triggers about events of the kernel';
const NO_AGENTS = 'there are no agents for other loggers';
const ONE_DIRECTORY = 'all sockets are in the run directory; use --rundir';
const ONE_CONSUMER = 'there is one consumer daemon, whatever is traced; use --consumer';

/** LTTng's options if they apply, and Ringtail's own. */
export const OPTIONS = {
  background: { short: 'b', help: 'run in the background, with the console still open; returns once it is ready' },
  daemonize: { short: 'd', help: 'the same without the console' },
  'sig-parent': { short: 'S', help: 'send SIGUSR1 to the parent process once clients can connect' },
  pidfile: { short: 'p', argument: 'PATH', help: 'also write the process identifier to this file' },
  config: { short: 'f', argument: 'PATH', help: 'read this configuration file after the usual ones' },
  load: {
    short: 'l',
    argument: 'PATH',
    help: 'load the saved sessions of this file or directory instead of those of the usual directories',
  },
  group: {
    short: 'g',
    argument: 'GROUP',
    help: 'users of this group may give commands to a daemon of root (default: tracing)',
  },
  rundir: {
    argument: 'DIR',
    help: 'run directory (default: RINGTAIL_RUNDIR, /run/ringtail for root, $XDG_RUNTIME_DIR/ringtail or a private directory under /tmp)',
  },
  'default-trace-format': {
    argument: 'FORMAT',
    help: 'ctf-1.8 (the default) or ctf-2, for sessions created without --trace-format; also RINGTAIL_SESSIOND_DEFAULT_TRACE_FORMAT',
  },
  quiet: { short: 'q', help: 'log nothing but errors' },
  verbose: { short: 'v', help: 'write the log to standard error as well; twice: with every command' },
  'log-level': { argument: 'LEVEL', help: `${LOG_LEVELS.join(', ')} (default: info); the log is DIR/sessiond.log` },
  'log-stderr': { help: 'write the log to standard error as well' },
  'ready-fd': { argument: 'N', help: 'write "ready" to descriptor N once applications and clients can connect' },
  lifeline: { help: 'end when the reader of --ready-fd closes it; loads no saved sessions by itself' },
  consumer: { argument: 'PATH', help: 'main module of the consumer daemon (default: that of @ringtail/consumerd)' },
  metrics: {
    argument: 'ADDRESS',
    help: 'serve metrics for Prometheus, and accept snapshot requests, on PORT of 127.0.0.1, on HOST:PORT or on unix:PATH',
  },
  'metrics-token-file': {
    argument: 'PATH',
    help: 'file with a secret that snapshot requests must send (Authorization: Bearer); without it a port accepts none',
  },
  'no-kernel': { help: 'never trace the kernel, which only a daemon of root does' },
  'verbose-consumer': { help: "accepted for the sake of scripts: the consumer's messages are always in the log" },
  'spawn-consumers': { help: 'accepted for the sake of scripts: the consumer daemon is always started at once' },
  'event-notifier-error-buffer-size-userspace': {
    argument: 'SLOTS',
    help: 'accepted for the sake of scripts: discarded trigger reports are counted without a limit',
  },
  help: { short: 'h', help: 'print this' },
  version: { short: 'V', help: 'print the version' },
  'kmod-probes': { argument: 'P', refused: NO_MODULES },
  'extra-kmod-probes': { argument: 'P', refused: NO_MODULES },
  'kconsumerd-cmd-sock': { argument: 'PATH', refused: ONE_CONSUMER },
  'kconsumerd-err-sock': { argument: 'PATH', refused: ONE_CONSUMER },
  'event-notifier-error-buffer-size-kernel': { argument: 'N', refused: NO_NOTIFIERS },
  'agent-tcp-port': { argument: 'PORT', refused: NO_AGENTS },
  'client-sock': { short: 'c', argument: 'PATH', refused: ONE_DIRECTORY },
  'apps-sock': { short: 'a', argument: 'PATH', refused: ONE_DIRECTORY },
  'ustconsumerd32-cmd-sock': { argument: 'PATH', refused: ONE_DIRECTORY },
  'ustconsumerd32-err-sock': { argument: 'PATH', refused: ONE_DIRECTORY },
  'ustconsumerd64-cmd-sock': { argument: 'PATH', refused: ONE_DIRECTORY },
  'ustconsumerd64-err-sock': { argument: 'PATH', refused: ONE_DIRECTORY },
  'consumerd32-path': { argument: 'PATH', refused: ONE_CONSUMER },
  'consumerd32-libdir': { argument: 'PATH', refused: ONE_CONSUMER },
  'consumerd64-path': { argument: 'PATH', refused: ONE_CONSUMER },
  'consumerd64-libdir': { argument: 'PATH', refused: ONE_CONSUMER },
} as const satisfies Readonly<Record<string, OptionDescription>>;

export type OptionName = keyof typeof OPTIONS;

const HELP_COLUMN = 30;
const LINE_WIDTH = 100;

/** Output of `--help`. */
export function helpText(): string {
  const lines = Object.entries<OptionDescription>(OPTIONS).flatMap(([name, { short, argument, help }]) => {
    if (help === undefined) return [];
    const spelled = `  ${short === undefined ? '    ' : `-${short}, `}--${name}${argument === undefined ? '' : ` ${argument}`}`;
    const [first, ...more] = wrapped(help, LINE_WIDTH - HELP_COLUMN);
    const head = spelled.length < HELP_COLUMN ? [spelled.padEnd(HELP_COLUMN) + first] : [spelled, indented(first)];
    return [...head, ...more.map(indented)];
  });
  return `Usage: ringtail-sessiond [OPTION]...
Keeps sessions, serves applications and clients, and starts the consumer daemon.

${lines.join('\n')}

Options can be set in the section [sessiond] of /etc/ringtail/ringtail.conf, ~/.ringtail/ringtail.conf and the file of
--config, by their long names. Later settings replace earlier ones, and the command line replaces all:

  [sessiond]
  daemonize=yes
  group=tracing

Sessions saved in ~/.ringtail/sessions/auto and /etc/ringtail/sessions/auto are loaded at the start.

Examples:
  ringtail-sessiond -d                                 in the background, for the user's own applications
  ringtail-sessiond --rundir /tmp/rt -v                in the foreground, with the log on the terminal
  ringtail-sessiond -d -l ~/recorder.lttng             in the background, with a saved session
  ringtail-sessiond -d -g developers                   for root: members of developers may use the daemon

Exit codes: 0 ended in order, 1 could not start, 3 failed.
`;
}

function indented(line: string | undefined): string {
  return ' '.repeat(HELP_COLUMN) + (line ?? '');
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1] as string;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
