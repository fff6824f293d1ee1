import type { Command } from 'commander';
import type { Context } from './context/context.ts';
import type { CommandTable, Outcome } from './program/command.ts';
import { buildDescription, runCommandLine } from './program/run.ts';

/** The sub-commands of `ringtail`. */
const COMMANDS: CommandTable = {
  record: async () => (await import('./commands/record.ts')).addRecord,
  guard: async () => (await import('./commands/guard.ts')).addGuard,
  create: async () => (await import('./commands/create.ts')).addCreate,
  'set-session': async () => (await import('./commands/set-session.ts')).addSetSession,
  'enable-channel': async () => (await import('./commands/enable-channel.ts')).addEnableChannel,
  'disable-channel': async () => (await import('./commands/disable-channel.ts')).addDisableChannel,
  'enable-event': async () => (await import('./commands/enable-event.ts')).addEnableEvent,
  'disable-event': async () => (await import('./commands/disable-event.ts')).addDisableEvent,
  'add-context': async () => (await import('./commands/add-context.ts')).addAddContext,
  track: async () => (await import('./commands/track.ts')).addTrack,
  untrack: async () => (await import('./commands/track.ts')).addUntrack,
  start: async () => (await import('./commands/start.ts')).addStart,
  stop: async () => (await import('./commands/stop.ts')).addStop,
  clear: async () => (await import('./commands/clear.ts')).addClear,
  destroy: async () => (await import('./commands/destroy.ts')).addDestroy,
  list: async () => (await import('./commands/list.ts')).addList,
  status: async () => (await import('./commands/status.ts')).addStatus,
  snapshot: async () => (await import('./commands/snapshot.ts')).addSnapshot,
  rotate: async () => (await import('./commands/rotate.ts')).addRotate,
  'enable-rotation': async () => (await import('./commands/enable-rotation.ts')).addEnableRotation,
  'disable-rotation': async () => (await import('./commands/enable-rotation.ts')).addDisableRotation,
  regenerate: async () => (await import('./commands/regenerate.ts')).addRegenerate,
  metadata: async () => (await import('./commands/regenerate.ts')).addMetadata,
  'reclaim-memory': async () => (await import('./commands/reclaim-memory.ts')).addReclaimMemory,
  'add-trigger': async () => (await import('./commands/add-trigger.ts')).addAddTrigger,
  'list-triggers': async () => (await import('./commands/list-triggers.ts')).addListTriggers,
  'remove-trigger': async () => (await import('./commands/remove-trigger.ts')).addRemoveTrigger,
  'add-map-channel': async () => (await import('./commands/add-map-channel.ts')).addAddMapChannel,
  'show-maps': async () => (await import('./commands/show-maps.ts')).addShowMaps,
  'export-maps': async () => (await import('./commands/export-maps.ts')).addExportMaps,
  save: async () => (await import('./commands/save.ts')).addSave,
  load: async () => (await import('./commands/load.ts')).addLoad,
  view: async () => (await import('./commands/view.ts')).addView,
  traces: async () => (await import('./commands/traces.ts')).addTraces,
  report: async () => (await import('./commands/report.ts')).addReport,
  stats: async () => (await import('./commands/stats.ts')).addStats,
  convert: async () => (await import('./commands/convert.ts')).addConvert,
  crash: async () => (await import('./commands/crash.ts')).addCrash,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  completion: async () => (await import('./commands/completion.ts')).addCompletion,
  __complete: async () => (await import('./commands/completion.ts')).addComplete,
  version: async () => (await import('./commands/version.ts')).addVersion,
  help: async () => (await import('./commands/help.ts')).addHelp,
};

/** Runs one command line: the words after `ringtail`. */
export async function run(args: readonly string[], context: Context): Promise<Outcome> {
  return await runCommandLine(COMMANDS, args, context);
}

/** The program with all sub-commands and without actions, for manual pages. */
export async function describeProgram(context: Omit<Context, 'settings'>): Promise<Command> {
  return await buildDescription(COMMANDS, context);
}
