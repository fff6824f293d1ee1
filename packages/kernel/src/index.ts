export {
  declarationOf,
  type EventDeclaration,
  eventSpecOf,
  kernelEventClass,
  kernelEventTranscoder,
  parseEventDeclaration,
} from './events/event-declaration.ts';
export { kernelFilterOf } from './filters/kernel-filter.ts';
export { type EventFormat, type FormatField, parseEventFormat } from './formats/event-format.ts';
export type { KernelEvent } from './formats/kernel-event.ts';
export { KernelError, type KernelErrorCode } from './kernel-error.ts';
export { lttngName } from './names/lttng-names.ts';
export { type PageDamage, PageWalker } from './pages/page-walker.ts';
export { type CpuStats, parseCpuStats } from './tracefs/cpu-stats.ts';
export { type BufferOptions, type BufferSizes, TracefsInstance } from './tracefs/instance.ts';
export { threadsOf } from './tracefs/threads.ts';
export { openTracefs, Tracefs } from './tracefs/tracefs.ts';
export { PacketFiller } from './transcode/packet-filler.ts';
export { KERNEL_CONTEXT_NAMES, recordContextClass, recordHeaderClass } from './transcode/record-class.ts';
