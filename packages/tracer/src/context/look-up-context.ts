import type { ContextLookup } from './context-source.ts';

/** The context fields of this thread. */
export const lookUpContext: ContextLookup = () => undefined;
