import type { Timers } from '@ringtail/base';
import { describeError, directoryDate, RingtailError } from '@ringtail/base';
import { asUser } from '@ringtail/posix';
import type { Destination, SessionStatistics, SnapshotRequest } from '@ringtail/protocol';
import { ConsumerError } from '../consumer-error.ts';
import type { Log } from '../log.ts';
import type { Outputs } from '../output/outputs.ts';
import type { SnapshotOutput } from '../output/snapshot-output.ts';
import type { Steps } from '../output/sync-or-async.ts';
import { RecorderRing } from '../session/recorder-ring.ts';
import { identityOf, type OpenRing, type Registry, sessionOf, streamNameOf } from '../session/registry.ts';
import type { SnapshotSource } from '../source/snapshot-source.ts';
import { SnapshotRuns } from './snapshot-runs.ts';
import type { Turns } from './turns.ts';
import { writeSnapshot } from './write-snapshot.ts';

export interface FlightRecordersOptions {
  readonly registry: Registry;
  readonly outputs: Outputs;
  readonly timers: Timers;
  readonly log: Log;
}

/** Flight recorders: sessions whose rings are read for snapshots only. */
export class FlightRecorders {
  readonly #options: FlightRecordersOptions;
  readonly #registry: Registry;
  readonly #runs: SnapshotRuns;

  constructor(options: FlightRecordersOptions) {
    this.#options = options;
    this.#registry = options.registry;
    this.#runs = new SnapshotRuns(options.timers);
  }

  /** Keeps the source of a ring open for snapshots. */
  openRing(ring: OpenRing, source: SnapshotSource): void {
    const { request, channel, owner } = ring;
    ring.recorder = new RecorderRing({
      source,
      identity: identityOf(channel, request),
      tracePath: channel.trace.request.tracePath,
      streamName: streamNameOf(channel.request, request),
      owner,
    });
    sessionOf(ring).addStream(channel.request.trace, `ring ${request.ring}`, ring.recorder.statistics);
  }

  /** Closes a ring once no snapshot reads it any more. */
  closeRing(ring: OpenRing): void {
    const { recorder } = ring;
    if (recorder === undefined) return;
    ring.recorder = undefined;
    recorder.refreshStatistics();
    this.#runs.afterwards(sessionOf(ring).name, () => recorder.close());
  }

  /** Drops the content of the rings of a session. */
  *clear(session: string): Steps<void> {
    yield* this.finish(session);
    for (const recorder of this.#registry.recordersOf(session)) recorder.clear();
  }

  /** Writes the rest of a session's snapshots now, before their rings or their metadata change. */
  finish(session: string): Steps<void> {
    return this.#runs.finish(session);
  }

  /**
   * Copies the content of the rings of a flight recorder into a new snapshot, in turns.
   *
   * @throws {ConsumerError} `NOT_A_SNAPSHOT_SESSION`, `NOT_WRITTEN`, `DIRECTORY_REFUSED`
   */
  snapshot(request: SnapshotRequest): Promise<SessionStatistics> {
    const { session, destination, maxBytes } = request;
    return this.#runs.write({
      session,
      destination,
      begin: () => {
        const output = this.#options.outputs.openSnapshot(destination, this.#problemsOf(session));
        return this.#turnsOf(session, output, maxBytes);
      },
      within: (turn) => this.#asOwnerOf(session, turn),
    });
  }

  /**
   * Writes a last snapshot of each flight recorder, before its content is lost with the rings:
   * `<output>/<session>-recovered-<YYYYmmdd-HHMMSS>`, local time.
   */
  *recover(now: Date): Steps<void> {
    const outputs = new Map<string, Destination>();
    for (const { request } of this.#registry.traces.values()) {
      if (request.snapshot && request.output !== null) outputs.set(request.session, request.output);
    }
    for (const [session, output] of outputs) {
      const recorders = this.#registry.recordersOf(session);
      for (const recorder of recorders) recorder.refreshStatistics();
      if (recorders.every(({ statistics }) => statistics.eventsRecorded === 0)) continue;
      // The session daemon refuses names with slashes. This process does not depend on it.
      const name = `${session.replaceAll('/', '_')}-recovered-${directoryDate(now)}`;
      const snapshot = this.#options.outputs.openSnapshotAt(output, name, this.#problemsOf(session));
      try {
        yield* this.#allTurnsOf(session, snapshot);
        this.#options.log(`session ${session}: the events in its rings are saved in ${snapshot.location}`);
      } catch (error) {
        if (!(error instanceof RingtailError)) throw error;
        this.#options.log(`session ${session}: ${describeError(error)}`);
      }
    }
  }

  /** Finishes snapshots and closes all rings. */
  close(): void {
    this.#runs.finishAll();
    for (const ring of this.#registry.rings.values()) {
      ring.recorder?.close();
      ring.recorder = undefined;
    }
  }

  *#allTurnsOf(session: string, output: SnapshotOutput): Steps<void> {
    const turns = this.#turnsOf(session, output, null);
    for (let next = () => turns.next(); ; ) {
      const turn = this.#asOwnerOf(session, next);
      if (turn.done) return;
      next = () => turns.next();
      if (turn.value === undefined) continue;
      try {
        const answer = yield turn.value;
        next = () => turns.next(answer);
      } catch (error) {
        next = () => turns.throw(error);
      }
    }
  }

  #turnsOf(session: string, output: SnapshotOutput, maxBytes: number | null): Turns<SessionStatistics> {
    const traces = this.#registry.tracesOf(session);
    if (traces.some(({ request }) => !request.snapshot)) {
      const sentence = `session ${session} is not a flight recorder: it records into files`;
      throw new ConsumerError('NOT_A_SNAPSHOT_SESSION', sentence);
    }
    return writeSnapshot({
      output,
      maxBytes,
      traces: traces.map(({ request, metadata }) => ({
        tracePath: request.tracePath,
        metadata: () => `${metadata.text}`,
      })),
      rings: this.#registry.recordersOf(session),
      onProblem: this.#problemsOf(session),
    });
  }

  #problemsOf(session: string): (sentence: string) => void {
    return (sentence) => this.#registry.sessions.get(session)?.problems.add(sentence);
  }

  /** All traces of a session belong to one user; where there is none, nothing is written. */
  #asOwnerOf<Result>(session: string, turn: () => Result): Result {
    const owner = this.#registry.tracesOf(session)[0]?.request.owner;
    return owner === undefined ? turn() : asUser(owner, turn);
  }
}
