import type {
  RotationSchedule,
  SessionDescription,
  SnapshotOutput,
  SnapshotOutputParameters,
} from '@ringtail/protocol';
import { DaemonError } from '../model/daemon-error.ts';
import { SNAPSHOT_OUTPUTS_MAX } from '../model/limits.ts';

type Described = Pick<SessionDescription, 'snapshotOutputs' | 'rotationSchedule' | 'rotations' | 'lastArchive'>;

/** What a session knows of its snapshots and of its archived trace chunks: the decisions, and nothing of their effects. */
export class SessionArchive {
  readonly #name: string;
  readonly #outputs = new Map<number, SnapshotOutput>();
  #nextOutputId = 1;
  #snapshots = 0;
  #schedule: RotationSchedule = { timerUs: null, sizeBytes: null };
  #rotations = 0;
  #lastArchive: string | null = null;
  /** Since when the current trace chunk is recorded; undefined before the first start. */
  #chunkBegin: Date | undefined;
  #bytesArchived = 0;
  /** Whether there may be something that is in no archive. */
  #unarchived = false;
  /** Whether a rotation is under way. */
  rotating = false;

  /** A snapshot session with an output has a snapshot output there, as LTTng's. */
  constructor(session: { readonly name: string; readonly snapshot: boolean; readonly output: string | null }) {
    this.#name = session.name;
    if (session.snapshot && session.output !== null) {
      this.addOutput({ name: null, path: session.output, maxBytes: null });
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

  addOutput(parameters: SnapshotOutputParameters): SnapshotOutput {
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
    return output;
  }

  /** @param key identifier or name. @returns the output that was deleted */
  deleteOutput(key: number | string): SnapshotOutput {
    const output = this.outputs.find(({ id, name }) => id === key || name === key);
    if (output === undefined) {
      throw new DaemonError('NO_SNAPSHOT_OUTPUT', `the session ${this.#name} has no snapshot output ${key}`);
    }
    this.#outputs.delete(output.id);
    return output;
  }

  /** The number of a snapshot that is about to be recorded. */
  takeSnapshotNumber(): number {
    return this.#snapshots++;
  }

  /**
   * A schedule that is there has to be taken away before there can be another of its kind, as with LTTng.
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
      // Beside one that is set, one that is not says only that there is to be none.
      const onlyRemoves = (change.timerUs ?? change.sizeBytes ?? null) === null;
      if (onlyRemoves && this.#schedule[kind] === null) {
        throw new DaemonError('NO_ROTATION_SCHEDULE', `the session ${this.#name} does not rotate by ${word}`);
      }
    }
    this.#schedule = changed;
    return changed;
  }

  started(at: Date): void {
    // A chunk that begins while nothing is recorded begins with the recording.
    if (!this.#unarchived) this.#chunkBegin = at;
    this.#unarchived = true;
  }

  /**
   * @param active whether the session goes on to record into the chunk that begins.
   * @param bytes of all data stream files by now.
   */
  rotated(archive: string, at: Date, active: boolean, bytes: number): void {
    this.#bytesArchived = bytes;
    this.#rotations++;
    this.#lastArchive = archive;
    this.#chunkBegin = at;
    this.#unarchived = active;
  }

  /** What was recorded so far is gone; as with LTTng there is nothing to archive before the next start. */
  cleared(active: boolean): void {
    this.#unarchived = active;
  }

  describe(): Described {
    return {
      snapshotOutputs: this.outputs,
      rotationSchedule: this.#schedule,
      rotations: this.#rotations,
      lastArchive: this.#lastArchive,
    };
  }
}
