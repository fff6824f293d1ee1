import { executionAsyncId, triggerAsyncId } from 'node:async_hooks';
import type { NamedFieldSpec } from '@ringtail/ctf';
import type { ContextSource } from './context-source.ts';

/**
 * `async_id` and `trigger_async_id`: Node.js's numbers of the running asynchronous resource and of the one that caused
 * it.
 */
export function asyncIdContext(name: 'async_id' | 'trigger_async_id', field: NamedFieldSpec): ContextSource {
  const read = name === 'async_id' ? executionAsyncId : triggerAsyncId;
  const constant = `ctx_${name}`;
  return { field, read, inline: { expression: `${constant}()`, constants: { [constant]: read } } };
}
