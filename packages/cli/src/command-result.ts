import type { ListedInstrumentation } from '@ringtail/ctl';
import type {
  ChannelAttributes,
  ContextDescription,
  DomainName,
  EventRule,
  MapChannelAttributes,
  MapRowOwner,
  Retention,
  RingMemory,
  RotationSchedule,
  SessionDescription,
  SessionStatistics,
  SnapshotOutput,
  TrackedAttribute,
  TriggerDescription,
} from '@ringtail/protocol';
import type { Finding } from './errors/finding.ts';

/** One of several actions of a command. Standard error has the reason of a failure. */
export interface Attempt {
  readonly success: boolean;
}

/**
 * The result of a command. JSON is this value; LTTng's machine interface and the text for people are derived from it.
 *
 * `command` tells the shapes apart. It is LTTng's name of the command, followed by its action where it has several.
 */
export type CommandResult =
  | { readonly command: 'create'; readonly session: SessionDescription }
  | { readonly command: 'set-session'; readonly session: string }
  | { readonly command: 'start' | 'clear'; readonly sessions: readonly (Attempt & { readonly session: string })[] }
  | {
      readonly command: 'stop' | 'destroy';
      readonly sessions: readonly (Attempt & {
        readonly session: string;
        /** Absent after a failure, and with `--no-wait`. */
        readonly statistics?: SessionStatistics;
        /** Archive of the last trace chunk, of a rotated session that was destroyed. */
        readonly archive?: string;
      })[];
    }
  | { readonly command: 'list-sessions'; readonly sessions: readonly SessionDescription[] }
  | {
      readonly command: 'list-session';
      /** With the requested domains and channels only. */
      readonly session: SessionDescription;
      readonly statistics: SessionStatistics;
      /** Memory of the rings of these channels. */
      readonly memory: readonly RingMemory[];
      /** Reasons for missing events; null where the daemon is too old to give them. */
      readonly findings?: readonly Finding[] | null;
    }
  | { readonly command: 'list-domains'; readonly session: SessionDescription }
  | {
      readonly command: 'list-tracepoints';
      readonly domains: readonly ListedDomain[];
      /** Whether the listing has the fields of tracepoints. */
      readonly fields: boolean;
    }
  | {
      readonly command: 'enable-channel';
      readonly session: string;
      readonly domain: DomainName;
      readonly channels: readonly (Attempt & { readonly channel: ChannelAttributes })[];
    }
  | {
      readonly command: 'disable-channel';
      readonly session: string;
      readonly domain: DomainName;
      readonly channels: readonly (Attempt & { readonly channel: string })[];
    }
  | {
      readonly command: 'enable-event';
      readonly session: string;
      readonly domain: DomainName;
      /** `channel` is null after a failure where none was named. */
      readonly events: readonly (Attempt & { readonly channel: string | null; readonly rule: EventRule })[];
    }
  | {
      readonly command: 'disable-event';
      readonly session: string;
      readonly domain: DomainName;
      /** `pattern` is null for all rules of the channel. */
      readonly events: readonly (Attempt & { readonly channel: string | null; readonly pattern: string | null })[];
    }
  | {
      readonly command: 'add-context';
      readonly session: string;
      readonly domain: DomainName;
      /** Null: all channels. */
      readonly channel: string | null;
      readonly contexts: readonly (Attempt & { readonly context: string })[];
    }
  | { readonly command: 'list-contexts'; readonly contexts: readonly ContextDescription[] }
  | {
      readonly command: 'track' | 'untrack';
      readonly session: string;
      readonly domain: DomainName;
      readonly targets: readonly (Attempt & {
        readonly attribute: TrackedAttribute;
        /** A number or a name, as given; null for all values. */
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
      /** Schedules that were set or unset. */
      readonly schedules: readonly (Attempt & ScheduleChange)[];
      /** Schedules that apply now. */
      readonly schedule: RotationSchedule;
      /** Limits of archives that apply now. */
      readonly retention: Retention;
    }
  | { readonly command: 'save'; readonly sessions: readonly { readonly session: string; readonly path: string }[] }
  | {
      readonly command: 'load';
      readonly sessions: readonly {
        readonly session: string;
        /** File of the session. */
        readonly path: string;
        /** Output directory; null for a session without output, or a flight recorder. */
        readonly output: string | null;
      }[];
      /** Whether all files were read and all sessions loaded. */
      readonly success: boolean;
    }
  | { readonly command: 'regenerate-metadata' | 'regenerate-statedump'; readonly session: string }
  | {
      readonly command: 'reclaim-memory';
      readonly session: string;
      readonly domain: DomainName;
      readonly bytes: number;
    }
  | { readonly command: 'add-trigger' | 'remove-trigger'; readonly trigger: TriggerDescription }
  | { readonly command: 'list-triggers'; readonly triggers: readonly TriggerDescription[] }
  | { readonly command: 'add-map-channel'; readonly session: string; readonly map: MapChannelAttributes }
  | { readonly command: 'show-maps'; readonly session: string; readonly tables: readonly MapTable[] }
  | { readonly command: 'export-maps'; readonly session: string; readonly format: 'sqlite'; readonly script: string }
  | { readonly command: 'version'; readonly ringtail: string; readonly node: string }
  | { readonly command: 'crash'; readonly trace: string; readonly recovered: readonly unknown[] };

/** Programs and events that one domain can record. */
export interface ListedDomain extends ListedInstrumentation {
  readonly domain: DomainName;
  /** Present if the events are system calls of the kernel. */
  readonly syscalls?: true;
}

export interface ScheduleChange {
  readonly kind: 'timer' | 'size';
  /** Microseconds or bytes; absent where a schedule was unset. */
  readonly value?: number;
}

/** Counters of one map, of all owners together or of one owner. */
export interface MapTable {
  readonly domain: DomainName;
  readonly map: string;
  readonly per: 'channel' | 'owner';
  /** Owners of the counters; exactly one with `per: 'owner'`. */
  readonly owners: readonly MapOwner[];
  readonly rows: readonly MapTableRow[];
}

export interface MapTableRow {
  readonly key: string;
  readonly value: number;
  /** Whether one of the summed counters has wrapped. */
  readonly overflow: boolean;
}

export interface MapOwner {
  /** `shared`: counters of the session daemon itself, and sums of ended processes. */
  readonly kind: MapRowOwner['kind'];
  /** Number of the user or process; null for `shared`. */
  readonly id: number | null;
  /** Name of the user or program; null for `shared`. */
  readonly name: string | null;
  /** Width of each counter. */
  readonly valueBits: 32 | 64;
}
