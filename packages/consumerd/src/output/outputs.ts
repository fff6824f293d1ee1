import { join } from 'node:path';
import type { UserIds } from '@ringtail/posix';
import type { Destination } from '@ringtail/protocol';
import type { FileCalls } from './files/file-calls.ts';
import { FileOutput } from './files/file-output.ts';
import { FileSnapshot } from './files/file-snapshot.ts';
import type { PacketOutput } from './packet-output.ts';
import type { SnapshotOutput } from './snapshot-output.ts';

export interface OutputOptions {
  /** Owner of the files, if this process is root's. */
  readonly owner: UserIds;
  /** Receives a sentence for each problem that costs no packet. */
  readonly onProblem: (sentence: string) => void;
}

/** Opens outputs by their destinations. */
export interface Outputs {
  open(destination: Destination, options: OutputOptions): PacketOutput;
  openSnapshot(destination: Destination, onProblem: (sentence: string) => void): SnapshotOutput;
  /** Opens a snapshot of this name at the output of a session. */
  openSnapshotAt(output: Destination, name: string, onProblem: (sentence: string) => void): SnapshotOutput;
}

/** Outputs of every kind of destination. */
export function outputsOf(calls: FileCalls): Outputs {
  return {
    open: ({ path: directory }, options) => new FileOutput({ directory, calls, ...options }),
    openSnapshot: ({ path }, onProblem) => new FileSnapshot(path, calls, onProblem),
    openSnapshotAt: ({ path }, name, onProblem) => new FileSnapshot(join(path, name), calls, onProblem),
  };
}
