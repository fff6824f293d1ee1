export { type Outcome, run } from './cli.ts';
export type { Context, OutputFormat, OutputStream } from './context.ts';
