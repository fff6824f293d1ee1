export { type CtfWriteOptions, type CtfWriteReport, writeCtf } from './files/ctf-writer.ts';
export { findTraceDirectories, type TraceDirectory } from './files/discover.ts';
export { FdSink } from './files/fd-sink.ts';
export { FollowedDirectory } from './files/follow/followed-directory.ts';
export { type JobOptions, printPrettyInJobs } from './files/jobs/print-in-jobs.ts';
export { type OpenedDirectory, openTraces, type TraceFiles } from './files/open-traces.ts';
export * from './pure.ts';
