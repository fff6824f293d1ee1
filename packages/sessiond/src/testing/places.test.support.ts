import { placeOperations } from '../places/place-operations.ts';
import type { Places } from '../places/places.ts';

/** Carries operations out in this process, for tests that are about something else than helpers. */
export const PLACES_IN_PROCESS: Pick<Places, 'perform'> = {
  async perform(operation, owner, params) {
    const action = placeOperations[operation] as (params: unknown, context: object) => { readonly result: never };
    return action(params, { owner, onProgress: () => {} }).result;
  },
};
