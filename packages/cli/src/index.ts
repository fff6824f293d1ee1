export { describeProgram, run } from './cli.ts';
export type { OutputFormat } from './output/report.ts';
export type { OutputStream } from './output/visible-stream.ts';
export type { Outcome } from './program/command.ts';
export type { Context } from './program/context.ts';
export { systemContext } from './program/system-context.ts';
