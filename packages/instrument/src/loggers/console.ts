import { Console } from 'node:console';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { subscribeAll } from '../channels.ts';
import type { EventSource, Tracer } from '../instrument.ts';
import { observeAll } from '../wrap.ts';
import { callSiteBelow } from './call-site.ts';
import { consoleText } from './console-text.ts';
import { loggerEvents } from './logger-events.ts';

const LEVELS = { error: 'err', warn: 'warning', info: 'info', debug: 'debug_line', trace: 'debug' } as const;
type Level = keyof typeof LEVELS;

/** Levels of the methods that write, to which all others lead. */
const METHODS: Readonly<Record<string, Level>> = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  log: 'info',
  debug: 'debug',
};

/** What the program writes with its console. */
export function consoleLogger(tracer: Tracer): readonly EventSource[] {
  const events = loggerEvents(tracer, 'console', LEVELS);

  function logged(method: string, args: readonly unknown[]): void {
    const level = METHODS[method] as Level;
    // A trace is written with the method for errors.
    const mayBeTrace = level === 'error' && events.isEnabled('trace');
    if (!events.isEnabled(level) && !mayBeTrace) return;
    const { text, passed } = callSiteBelow(logged);
    const isTrace = level === 'error' && passed.includes('trace');
    const actual = isTrace ? 'trace' : level;
    if (!events.isEnabled(actual)) return;
    events.emit(actual, { logger: 'console', level: isTrace ? 'trace' : method, ...consoleText(args) }, text);
  }

  const install = () => (hasChannels() ? throughChannels(logged) : throughMethods(logged));
  return [{ tracepoints: events.tracepoints, install }];
}

type Logged = (method: string, args: readonly unknown[]) => void;

function throughChannels(logged: Logged): () => void {
  const subscribers = Object.keys(METHODS).map((method) => [
    channelOf(method),
    (args: readonly unknown[]) => logged(method, args),
  ]);
  return subscribeAll(Object.fromEntries(subscribers));
}

/** On Node.js 20 the global console is observed, and no other one. */
function throughMethods(logged: Logged): () => void {
  return observeAll(
    Object.keys(METHODS).map((name) => ({
      holder: console,
      name,
      observer: { before: (_: unknown, args: unknown[]) => void logged(name, args) },
    })),
  );
}

/** Whether consoles of this version of Node.js publish what they are asked to write. */
function hasChannels(): boolean {
  // The program would see a further message.
  if (channel(channelOf('log')).hasSubscribers) return true;
  let isPublished = false;
  const subscriber = () => {
    isPublished = true;
  };
  subscribe(channelOf('log'), subscriber);
  // Its look for colours would open the standard error of the program.
  new Console({ stdout: { write: () => true } as never, ignoreErrors: false, colorMode: false }).log('');
  unsubscribe(channelOf('log'), subscriber);
  return isPublished;
}

function channelOf(method: string): string {
  return `console.${method}`;
}
