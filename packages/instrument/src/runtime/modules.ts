import { subscribeAll } from '../channels.ts';
import { nowNs } from '../clock.ts';
import type { EventSource, Tracer } from '../instrument.ts';

/** The message of the tracing channels of modules. All messages of one load are the same object. */
interface LoadMessage {
  readonly id?: string;
  readonly parentFilename?: string;
  readonly url?: string;
  readonly parentURL?: string;
  readonly error?: unknown;
}

/** Modules that the program loads. Node.js 20 has no channels for them. */
export function modules({ provider, u64, str, bool }: Tracer): readonly EventSource[] {
  const events = provider('node_module');
  const declare = (name: string) =>
    events.tracepoint(
      name,
      [
        ['specifier', str],
        ['parent', str],
        ['start_ns', u64],
        ['duration_ns', u64],
        ['failed', bool],
      ],
      { logLevel: 'debug' },
    );
  const required = declare('require');
  const imported = declare('import');
  return [
    source('module.require', 'end', required, ({ id, parentFilename }) => [id, parentFilename]),
    source('module.import', 'asyncEnd', imported, ({ url, parentURL }) => [url, parentURL]),
  ];
}

function source(
  channel: string,
  last: string,
  event: LoadEvent,
  namesOf: (message: LoadMessage) => readonly [unknown, unknown],
): EventSource {
  const install = () => {
    const startOf = new WeakMap<LoadMessage, number>();
    return subscribeAll({
      [`tracing:${channel}:start`]: (message: LoadMessage) => void startOf.set(message, nowNs()),
      [`tracing:${channel}:${last}`]: (message: LoadMessage) => {
        const start = startOf.get(message);
        if (start === undefined) return;
        startOf.delete(message);
        const [specifier = '', parent = ''] = namesOf(message);
        event(String(specifier), String(parent), start, nowNs() - start, message.error !== undefined);
      },
    });
  };
  return { tracepoints: [event], install };
}

type LoadEvent = ((specifier: string, parent: string, start: number, duration: number, failed: boolean) => void) &
  EventSource['tracepoints'][number];
