import type {
  Destination,
  NewSnapshotOutput,
  Retention,
  RotationSchedule,
  SessionDescription,
  SnapshotOutput,
} from '@ringtail/protocol';
import { SNAPSHOT_OUTPUTS_MAX } from '../shares/limits.ts';
import { DaemonError } from './daemon-error.ts';
import { directoryOf } from './destination.ts';
import { KeptArchives } from './kept-archives.ts';

type Described = Pick<
  SessionDescription,
  'snapshotOutputs' | 'rotationSchedule' | 'retention' | 'rotations' | 'lastArchive' | 'archivesRemoved'
>;

/** Snapshot outputs, rotation schedule and archived trace chunks of a session: decisions without effects. */
export class SessionArchive {
  readonly #name: string;
  readonly #outputs = new Map<number, SnapshotOutput>();
  /** Archives of rotations that were made and not removed. */
  readonly archives: KeptArchives;
  /** Snapshots of each output that were made and not removed, by the number of the output. */
  readonly #snapshotsAt = new Map<number, KeptArchives>();
  /** Number of archives and snapshots that were removed by their limits. */
  removed = 0;
  #nextOutputId = 1;
  #snapshots = 0;
  #schedule: RotationSchedule = { timerUs: null, sizeBytes: null };
  #rotations = 0;
  #lastArchive: string | null = null;
  /** When the recording of the current trace chunk began; undefined before the first start. */
  #chunkBegin: Date | undefined;
  #bytesArchived = 0;
  /** Whether events may have been recorded since the last archive. */
  #unarchived = false;
  /** Whether a rotation is under way. */
  rotating = false;

  /** As with LTTng, a flight recorder with an output has a snapshot output there. */
  constructor(session: {
    readonly name: string;
    readonly snapshot: boolean;
    readonly output: Destination | null;
    readonly retention?: Retention | undefined;
  }) {
    const { retention } = session;
    this.#name = session.name;
    this.archives = new KeptArchives(session.snapshot ? undefined : retention);
    if (session.snapshot && session.output !== null) {
      const output = { name: null, path: directoryOf(session.output), maxBytes: null };
      this.addOutput({ ...output, ...(retention !== undefined && { retention }) });
    }
  }

  get outputs(): readonly SnapshotOutput[] {
    return [...this.#outputs.values()];
  }

  get schedule(): RotationSchedule {
    return this.#schedule;
  }

  get rotations(): number {
    return this.#rotations;
  }

  get chunkBegin(): Date | undefined {
    return this.#chunkBegin;
  }

  /** Size of all data stream files at the last rotation. */
  get bytesArchived(): number {
    return this.#bytesArchived;
  }

  get unarchived(): boolean {
    return this.#unarchived;
  }

  /** Lists of the archives, and of the snapshots of each output. */
  get kept(): readonly KeptArchives[] {
    return [this.archives, ...this.#snapshotsAt.values()];
  }

  /** The snapshots of an output. Undefined if there is no such output. */
  snapshotsAt(outputId: number): KeptArchives | undefined {
    return this.#snapshotsAt.get(outputId);
  }

  addOutput(parameters: NewSnapshotOutput): SnapshotOutput {
    if (this.#outputs.size >= SNAPSHOT_OUTPUTS_MAX) {
      throw new DaemonError(
        'TOO_MANY',
        `the session ${this.#name} has ${SNAPSHOT_OUTPUTS_MAX} snapshot outputs already`,
      );
    }
    const name = parameters.name ?? `snapshot-${this.#nextOutputId}`;
    if (this.outputs.some((output) => output.name === name)) {
      throw new DaemonError(
        'SNAPSHOT_OUTPUT_EXISTS',
        `the session ${this.#name} has a snapshot output ${name} already`,
      );
    }
    const output = { ...parameters, name, id: this.#nextOutputId++ };
    this.#outputs.set(output.id, output);
    this.#snapshotsAt.set(output.id, new KeptArchives(output.retention, output));
    return output;
  }

  /** @param key identifier or name. @returns the output that was deleted */
  deleteOutput(key: number | string): SnapshotOutput {
    const output = this.outputs.find(({ id, name }) => id === key || name === key);
    if (output === undefined) {
      throw new DaemonError('NO_SNAPSHOT_OUTPUT', `the session ${this.#name} has no snapshot output ${key}`);
    }
    this.#outputs.delete(output.id);
    this.#snapshotsAt.delete(output.id);
    return output;
  }

  /** The number of the next snapshot. */
  takeSnapshotNumber(): number {
    return this.#snapshots++;
  }

  /**
   * As with LTTng, a schedule must be removed before another one of its kind can be set.
   *
   * @throws {DaemonError} `ROTATION_SCHEDULE_SET`, `NO_ROTATION_SCHEDULE`
   */
  setSchedule(change: Partial<RotationSchedule>): RotationSchedule {
    const changed = { ...this.#schedule, ...change };
    for (const [kind, word] of [
      ['timerUs', 'time'],
      ['sizeBytes', 'size'],
    ] as const) {
      if (change[kind] === undefined) continue;
      if (change[kind] !== null && this.#schedule[kind] !== null) {
        throw new DaemonError('ROTATION_SCHEDULE_SET', `the session ${this.#name} rotates by ${word} already`);
      }
      // One value that is absent beside one that is set only confirms that there is none.
      const onlyRemoves = (change.timerUs ?? change.sizeBytes ?? null) === null;
      if (onlyRemoves && this.#schedule[kind] === null) {
        throw new DaemonError('NO_ROTATION_SCHEDULE', `the session ${this.#name} does not rotate by ${word}`);
      }
    }
    this.#schedule = changed;
    return changed;
  }

  started(at: Date): void {
    // A chunk that begins while nothing is recorded starts with the recording.
    if (!this.#unarchived) this.#chunkBegin = at;
    this.#unarchived = true;
  }

  /**
   * @param active whether the session goes on recording, into the next chunk
   * @param bytes of all data stream files by now
   */
  rotated(archive: string, at: Date, active: boolean, bytes: number): void {
    this.#bytesArchived = bytes;
    this.#rotations++;
    this.#lastArchive = archive;
    this.#chunkBegin = at;
    this.#unarchived = active;
  }

  /** All recorded events are gone; as with LTTng there is nothing to archive before the next start. */
  cleared(active: boolean): void {
    this.#unarchived = active;
  }

  describe(): Described {
    return {
      snapshotOutputs: this.outputs,
      rotationSchedule: this.#schedule,
      retention: this.archives.limits,
      rotations: this.#rotations,
      lastArchive: this.#lastArchive,
      archivesRemoved: this.removed,
    };
  }
}
