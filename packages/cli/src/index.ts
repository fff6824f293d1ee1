export { describeProgram, run } from './cli.ts';
export type { Context } from './context/context.ts';
export type { OutputStream } from './context/visible-stream.ts';
export type { OutputFormat } from './output/report.ts';
export type { Outcome } from './program/command.ts';
export { systemContext } from './program/system-context.ts';
