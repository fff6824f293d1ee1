import { hookWith } from '../async-hook.ts';
import type { EventSource, Tracer } from '../instrument.ts';

/** Asynchronous resources, as `async_hooks` reports them. */
export function asyncResources({ provider, u64, str }: Tracer): readonly EventSource[] {
  const events = provider('node_async');
  const options = { logLevel: 'debug' } as const;
  const init = events.tracepoint(
    'init',
    [
      ['async_id', u64],
      ['type', str],
      ['trigger_async_id', u64],
    ],
    options,
  );
  const begin = events.tracepoint('callback_begin', [['async_id', u64]], options);
  const end = events.tracepoint('callback_end', [['async_id', u64]], options);
  const destroy = events.tracepoint('destroy', [['async_id', u64]], options);
  return [
    {
      tracepoints: [init],
      install: () => hookWith({ init: (id, type, triggerId) => init(id, type, triggerId) }),
    },
    {
      tracepoints: [begin, end],
      install: () => hookWith({ before: (id) => begin(id), after: (id) => end(id) }),
    },
    // V8 follows the collection of promises only for this callback.
    { tracepoints: [destroy], install: () => hookWith({ destroy: (id) => destroy(id) }) },
  ];
}

/**
 * Promises, when they are made and resolved. `rejectionHandled` and `multipleResolves` are no sources: a listener makes
 * Node.js print a warning less or more.
 */
export function promises({ provider, u64 }: Tracer): readonly EventSource[] {
  const events = provider('node_promise');
  const created = events.tracepoint(
    'created',
    [
      ['promise_id', u64],
      ['trigger_async_id', u64],
    ],
    { logLevel: 'debug' },
  );
  const resolved = events.tracepoint('resolved', [['promise_id', u64]], { logLevel: 'debug' });
  return [
    {
      tracepoints: [created],
      install: () =>
        hookWith({
          init: (id, type, triggerId) => {
            if (type === 'PROMISE') created(id, triggerId);
          },
        }),
    },
    { tracepoints: [resolved], install: () => hookWith({ promiseResolve: (id) => resolved(id) }) },
  ];
}
