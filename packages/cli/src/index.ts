export { describeProgram, type Outcome, run } from './cli.ts';
export type { Context, OutputFormat, OutputStream } from './context.ts';
export { systemContext } from './system-context.ts';
