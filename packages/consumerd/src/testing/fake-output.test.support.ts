import { describeError, type Timers } from '@ringtail/base';
import type { Outputs } from '../output/outputs.ts';
import type {
  AppendedLater,
  OutgoingPacket,
  PacketOutput,
  StreamNote,
  StreamOutput,
  TraceDescription,
  TraceOutput,
} from '../output/packet-output.ts';
import type { StreamStatistics } from '../output/stream-statistics.ts';
import type { Later } from '../output/sync-or-async.ts';

/** A packet as it arrived at the peer. */
export interface ArrivedPacket {
  readonly packetSeq: number;
  readonly beginTimestamp: number;
  readonly endTimestamp: number;
  readonly eventsDiscarded: number;
  readonly header: Buffer;
  readonly records: Buffer;
}

/** Packets by data stream. */
type Chunk = Map<string, ArrivedPacket[]>;

/** Peer of a connection: it keeps the packets, and outlives connections and consumers. */
export class FakePeer {
  /** Archived trace chunks, oldest first. */
  readonly archives = new Map<string, Chunk>();
  current: Chunk = new Map();
  readonly metadata = new Map<string, { prologue: string; readonly blocks: Set<string> }>();
  readonly notes = new Map<string, StreamNote>();

  /** Packets of a data stream in all trace chunks, oldest first. */
  packetsOf(path: string): ArrivedPacket[] {
    return [...this.archives.values(), this.current].flatMap((chunk) => chunk.get(path) ?? []);
  }
}

/** A request on its way to the peer. */
interface Message {
  /** Carries the request out at the peer. */
  readonly apply: () => unknown;
  readonly resolve: (answer: unknown) => void;
  /** Answer for a request that did not arrive: the caller repeats it. */
  readonly again: unknown;
  /** Answer of the peer once the request has arrived. */
  arrived: { readonly answer: unknown } | undefined;
}

export interface FakeConnectionOptions {
  readonly peer: FakePeer;
  readonly timers: Timers;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const NEVER = new Promise<never>(() => {});

/**
 * Connection of one consumer to a peer. It answers at once or later, at random. While it is down, requests wait; the
 * answers to requests that have arrived are lost. Once it is up again, it asks the peer which requests arrived.
 */
export class FakeConnection implements Outputs {
  readonly #options: FakeConnectionOptions;
  readonly #messages = new Set<Message>();
  #isUp = true;
  #isDead = false;
  /** Counts connections: answers on an older one are lost. */
  #generation = 0;
  /** Answers that came later. */
  later = 0;

  constructor(options: FakeConnectionOptions) {
    this.#options = options;
  }

  open(): PacketOutput {
    const { peer } = this.#options;
    const clearNotes = new Map<string, StreamNote>();
    return {
      formerMetadata: (tracePath) => this.#request(() => textOf(peer.metadata.get(tracePath))),
      openTrace: (trace) => this.#request(() => this.#openTrace(trace, clearNotes)),
      finishRotation: ({ path: archive }) => this.#request(() => peer.archives.has(archive)),
      rotate: ({ path: archive }) =>
        this.#request(() => {
          if (peer.archives.has(archive)) return;
          peer.archives.set(archive, peer.current);
          peer.current = new Map();
        }),
      restore: () => {},
      clear: () =>
        this.#request(() => {
          peer.current = new Map();
          for (const [path, note] of clearNotes) peer.notes.set(path, note);
          clearNotes.clear();
        }),
      forgetClosedStreams: () => {},
      forgetTrace: () => {},
    };
  }

  openSnapshot(): never {
    throw new Error('this connection takes no snapshots');
  }

  openSnapshotAt(): never {
    return this.openSnapshot();
  }

  drop(): void {
    this.#isUp = false;
    this.#generation += 1;
  }

  restore(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const message of this.#messages) {
      if (message.arrived !== undefined) this.#answer(message, message.arrived.answer);
      else if (message.again !== undefined && this.#options.random() < 0.5) this.#answer(message, message.again);
      else this.#send(message);
    }
  }

  /** The consumer dies: requests on their way arrive or do not, and none is answered. */
  die(): void {
    for (const message of this.#messages) {
      if (message.arrived === undefined && this.#isUp && this.#options.random() < 0.5) message.apply();
    }
    this.#messages.clear();
    this.#isDead = true;
  }

  #openTrace({ tracePath, metadata }: TraceDescription, clearNotes: Map<string, StreamNote>): TraceOutput {
    const { peer } = this.#options;
    const known = peer.metadata.get(tracePath) ?? { prologue: metadata.prologue, blocks: new Set<string>() };
    known.prologue = metadata.prologue;
    peer.metadata.set(tracePath, known);
    return {
      openChannel: () => {},
      openStream: ({ name }) => this.#openStream(`${tracePath}/${name}`, clearNotes),
      formerStatistics: () =>
        this.#request(() => {
          const notes = [...peer.notes].filter(([path]) => path.startsWith(`${tracePath}/`));
          return new Map(notes.map(([path, { statistics }]): [string, StreamStatistics] => [path, { ...statistics }]));
        }),
      appendMetadata: (blocks) =>
        this.#request(() => {
          for (const block of blocks) known.blocks.add(block);
        }),
      rewriteMetadata: (prologue) =>
        this.#request(() => {
          known.prologue = prologue;
        }),
      checkWritten: () => {},
      close: () => {},
    };
  }

  #openStream(path: string, clearNotes: Map<string, StreamNote>): StreamOutput {
    const { peer } = this.#options;
    return {
      location: path,
      describeFailure: (error) => `cannot send to ${path}: ${describeError(error)}`,
      recover: () =>
        this.#request(() => {
          const note = peer.notes.get(path);
          if (note === undefined) return null;
          const nextPacketSeq = note.packetSeq + 1;
          return {
            endTimestamp: note.position.lastTimestamp,
            eventsDiscarded: note.eventsDiscardedReported,
            nextPacketSeq,
            chunkPacketSeq: peer.current.has(path) ? note.chunkPacketSeq : nextPacketSeq,
            note,
            statistics: note.statistics,
          };
        }),
      append: (packet, note) => {
        const arrived = copyOf(packet);
        const arrive = (): AppendedLater => {
          peer.current.set(path, [...(peer.current.get(path) ?? []), arrived]);
          peer.notes.set(path, note);
          return 'written';
        };
        return this.#request<AppendedLater>(arrive, 'again') as 'written' | Promise<AppendedLater>;
      },
      note: (note) => {
        if (!this.#isDead) peer.notes.set(path, note);
      },
      noteClear: (note) => clearNotes.set(path, note),
      abandonClear: () => clearNotes.delete(path),
      checkWritten: () => {},
      close: () => {},
    };
  }

  #request<T>(apply: () => T, again?: T): Later<T> {
    if (this.#isDead) return NEVER;
    if (this.#isUp && this.#options.random() < 0.3) return apply();
    this.later += 1;
    return new Promise<T>((resolve) => {
      const message: Message = {
        apply,
        again,
        resolve: resolve as (answer: unknown) => void,
        arrived: undefined,
      };
      this.#messages.add(message);
      this.#send(message);
    });
  }

  /** Request and answer arrive after a random time each. */
  #send(message: Message): void {
    if (!this.#isUp) return;
    const { timers, random } = this.#options;
    const generation = this.#generation;
    const isLost = () => this.#isDead || !this.#isUp || generation !== this.#generation;
    timers.after(Math.floor(random() * 20), () => {
      if (isLost()) return;
      const answer = message.apply();
      message.arrived = { answer };
      timers.after(Math.floor(random() * 20), () => {
        if (!isLost()) this.#answer(message, answer);
      });
    });
  }

  #answer(message: Message, answer: unknown): void {
    if (this.#messages.delete(message)) message.resolve(answer);
  }
}

function copyOf({ packetSeq, beginTimestamp, endTimestamp, eventsDiscarded, header, records }: OutgoingPacket) {
  const bytes = { header: Buffer.from(header), records: Buffer.from(records) };
  return { packetSeq, beginTimestamp, endTimestamp, eventsDiscarded, ...bytes };
}

function textOf(metadata: { readonly prologue: string; readonly blocks: Iterable<string> } | undefined): string {
  return metadata === undefined ? '' : [metadata.prologue, ...metadata.blocks].join('');
}
