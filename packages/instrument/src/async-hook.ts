import { createHook, type HookCallbacks } from 'node:async_hooks';
import { isMakingOwnResources, makeOwnResources } from './own-resources.ts';

/**
 * Enables a hook of asynchronous resources. An error in a callback of such a hook would end the process, so each runs
 * within `try`. Resources that Ringtail makes are left out.
 *
 * @returns a function that disables it
 */
export function hookWith(callbacks: HookCallbacks): () => void {
  const guarded = Object.entries(callbacks).map(([name, callback]: [string, (...args: never[]) => void]) => [
    name,
    (...args: never[]) => {
      if (isMakingOwnResources()) return;
      try {
        makeOwnResources(() => callback(...args));
      } catch {
        // The program goes on as it would without us.
      }
    },
  ]);
  const hook = createHook(Object.fromEntries(guarded) as HookCallbacks).enable();
  return () => void hook.disable();
}
