/**
 * Work in turns: yields after each turn, so that other rings are drained and other commands carried out, or yields an
 * answer that comes later.
 */
export type Turns<T> = Generator<Promise<unknown> | undefined, T, unknown>;
