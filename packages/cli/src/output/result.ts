import type {
  ApplicationDescription,
  ChannelAttributes,
  ContextDescription,
  EventRule,
  MapChannelAttributes,
  MapRowOwner,
  RingMemory,
  RotationSchedule,
  SessionDescription,
  SessionStatistics,
  SnapshotOutput,
  TrackedAttribute,
  TriggerDescription,
} from '@ringtail/protocol';
import type { Finding } from '../diagnosis/finding.ts';
import type { LoggerDomain } from '../options/domain-options.ts';

/** One of several things that a command was asked to do: `false` where it could not, which standard error explains. */
export interface Attempt {
  readonly success: boolean;
}

/**
 * What a command did, as a value: JSON is this value, LTTng's machine interface and the text for people are made of it.
 *
 * `command` says which shape it is. It is LTTng's name of the command, with the action of those that have several.
 */
export type CommandResult =
  | { readonly command: 'create'; readonly session: SessionDescription }
  | { readonly command: 'set-session'; readonly session: string }
  | { readonly command: 'start' | 'clear'; readonly sessions: readonly (Attempt & { readonly session: string })[] }
  | {
      readonly command: 'stop' | 'destroy';
      readonly sessions: readonly (Attempt & {
        readonly session: string;
        /** Absent where it failed, or was not waited for. */
        readonly statistics?: SessionStatistics;
        /** Of a rotated session that was destroyed: where what was recorded after the last rotation is. */
        readonly archive?: string;
      })[];
    }
  | { readonly command: 'list-sessions'; readonly sessions: readonly SessionDescription[] }
  | {
      readonly command: 'list-session';
      /** With the channels that were asked for. */
      readonly session: SessionDescription;
      readonly statistics: SessionStatistics;
      /** Of the rings of these channels. */
      readonly memory: readonly RingMemory[];
      /** Why it has no events; empty where it has some, null where the daemon cannot say. */
      readonly findings?: readonly Finding[] | null;
    }
  | { readonly command: 'list-domains'; readonly session: SessionDescription }
  | {
      readonly command: 'list-tracepoints';
      readonly applications: readonly ApplicationDescription[];
      /** Whether fields were asked for. */
      readonly fields: boolean;
    }
  /** Logger names of the domains of Java and Python, which have none here. */
  | { readonly command: 'list-loggers'; readonly domains: readonly LoggerDomain[] }
  | {
      readonly command: 'enable-channel';
      readonly session: string;
      readonly channels: readonly (Attempt & { readonly channel: ChannelAttributes })[];
    }
  | {
      readonly command: 'disable-channel';
      readonly session: string;
      readonly channels: readonly (Attempt & { readonly channel: string })[];
    }
  | {
      readonly command: 'enable-event';
      readonly session: string;
      /** `channel` is null where none was named and none could be had. */
      readonly events: readonly (Attempt & { readonly channel: string | null; readonly rule: EventRule })[];
    }
  | {
      readonly command: 'disable-event';
      readonly session: string;
      /** `pattern` is null for all rules of the channel. */
      readonly events: readonly (Attempt & { readonly channel: string | null; readonly pattern: string | null })[];
    }
  | {
      readonly command: 'add-context';
      readonly session: string;
      /** Null: all channels. */
      readonly channel: string | null;
      readonly contexts: readonly (Attempt & { readonly context: string })[];
    }
  | { readonly command: 'list-contexts'; readonly contexts: readonly ContextDescription[] }
  | {
      readonly command: 'track' | 'untrack';
      readonly session: string;
      readonly targets: readonly (Attempt & {
        readonly attribute: TrackedAttribute;
        /** As given: a number or a name; null: all values. */
        readonly value: string | null;
      })[];
    }
  | {
      readonly command: 'snapshot-record';
      readonly session: string;
      readonly path: string;
      readonly statistics: SessionStatistics;
    }
  | { readonly command: 'snapshot-add-output'; readonly session: string; readonly output: SnapshotOutput }
  | { readonly command: 'snapshot-list-output'; readonly session: string; readonly outputs: readonly SnapshotOutput[] }
  | { readonly command: 'snapshot-del-output'; readonly session: string; readonly output: number | string }
  | {
      readonly command: 'rotate';
      readonly session: string;
      /** Path of the archived trace chunk. */
      readonly archive: string;
      /** Absent where the rotation was not waited for. */
      readonly statistics?: SessionStatistics;
    }
  | {
      readonly command: 'enable-rotation' | 'disable-rotation';
      readonly session: string;
      /** What was set, or unset. */
      readonly schedules: readonly (Attempt & ScheduleChange)[];
      /** What holds now. */
      readonly schedule: RotationSchedule;
    }
  | { readonly command: 'save'; readonly sessions: readonly { readonly session: string; readonly path: string }[] }
  | {
      readonly command: 'load';
      readonly sessions: readonly {
        readonly session: string;
        /** The file it came from. */
        readonly path: string;
        /** Where it writes; null: nowhere, or to where snapshots go. */
        readonly output: string | null;
      }[];
      /** Whether every file was read and every session loaded. */
      readonly success: boolean;
    }
  | { readonly command: 'regenerate-metadata' | 'regenerate-statedump'; readonly session: string }
  | { readonly command: 'reclaim-memory'; readonly session: string; readonly bytes: number }
  | { readonly command: 'add-trigger' | 'remove-trigger'; readonly trigger: TriggerDescription }
  | { readonly command: 'list-triggers'; readonly triggers: readonly TriggerDescription[] }
  | { readonly command: 'add-map-channel'; readonly session: string; readonly map: MapChannelAttributes }
  | { readonly command: 'show-maps'; readonly session: string; readonly tables: readonly MapTable[] }
  | { readonly command: 'export-maps'; readonly session: string; readonly format: 'sqlite'; readonly script: string }
  | { readonly command: 'version'; readonly ringtail: string; readonly node: string }
  | { readonly command: 'crash'; readonly trace: string; readonly recovered: readonly unknown[] };

export interface ScheduleChange {
  readonly kind: 'timer' | 'size';
  /** Microseconds or bytes; absent where a schedule was unset. */
  readonly value?: number;
}

/** Counters of one map: of all owners together, or of one. */
export interface MapTable {
  readonly map: string;
  readonly per: 'channel' | 'owner';
  /** Whose counters are in it; exactly one with `owner`. */
  readonly owners: readonly MapOwner[];
  readonly rows: readonly MapTableRow[];
}

export interface MapTableRow {
  readonly key: string;
  readonly value: number;
  /** Whether a counter that is in it has wrapped. */
  readonly overflow: boolean;
}

export interface MapOwner {
  /** `shared`: what the session daemon counts by itself, and what ended processes left. */
  readonly kind: MapRowOwner['kind'];
  /** Number of the user or process; null of what is shared. */
  readonly id: number | null;
  /** Of the user or the program; null of what is shared. */
  readonly name: string | null;
  /** Of each of its counters. */
  readonly valueBits: 32 | 64;
}
