import { helperOperations } from '../helpers/helper-operations.ts';
import type { HelperPool } from '../helpers/helper-pool.ts';

/** Carries operations out in this process, for tests that are about something else than helpers. */
export const HELPERS_IN_PROCESS: Pick<HelperPool, 'perform'> = {
  async perform(operation, owner, params) {
    const action = helperOperations[operation] as (params: unknown, context: object) => { readonly result: never };
    return action(params, { owner, onProgress: () => {} }).result;
  },
};
