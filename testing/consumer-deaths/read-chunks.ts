import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ReadStream, readStream } from '../../packages/consumerd/src/testing/read-stream.test.support.ts';

export interface FoundEvents {
  /** Event numbers of each data stream. */
  readonly numbers: readonly number[][];
  /** Events that the data streams report as discarded; undefined if the reader does not know all of them. */
  readonly eventsDiscarded: number | undefined;
  /** Violated rules, as sentences. */
  readonly problems: readonly string[];
}

const PLACE = 'ust/uid/0/64-bit';

/** Reads the chunks of one trace, oldest first, and checks the order of packets in each data stream. */
export function readChunks(chunks: readonly string[], streamCount: number): FoundEvents {
  const streams = Array.from({ length: streamCount }, (_, idx) => {
    return chunks.flatMap((chunk) => filesOf(join(chunk, PLACE), `channel0_${idx + 1}`).map(readStream));
  });
  const packets = streams.map((files) => files.flatMap((file) => file.packets));
  return {
    numbers: streams.map((files) => files.flatMap((file) => [...file.numbers])),
    eventsDiscarded: packets.reduce((sum, list) => sum + Number(list.at(-1)?.eventsDiscarded ?? 0n), 0),
    problems: streams.flatMap((files, idx) => problemsOf(files, `stream ${idx + 1}`)),
  };
}

function problemsOf(files: readonly ReadStream[], name: string): string[] {
  const problems: string[] = [];
  const packets = files.flatMap((file) => file.packets);
  const timestamps = files.flatMap((file) => file.timestamps);
  for (const [idx, packet] of packets.entries()) {
    const { timestampBegin: begin, timestampEnd: end, packetSequenceNumber: seq } = packet;
    const report = (problem: string) => problems.push(`${name}, packet ${seq} [${begin}, ${end}]: ${problem}`);
    const outside = timestamps[idx]?.filter((timestamp) => timestamp < begin || timestamp > end) ?? [];
    if (outside.length > 0) report(`events at ${outside.slice(0, 3)} are outside`);
    const before = packets[idx - 1];
    if (before === undefined) continue;
    if (seq !== before.packetSequenceNumber + 1n) report(`follows packet ${before.packetSequenceNumber}`);
    // Babeltrace 2 sorts the packets of several files by their begin, and reverses those that begin at the same time.
    if (begin <= before.timestampBegin) report(`begins no later than the packet before, at ${before.timestampBegin}`);
    if (begin < before.timestampEnd) report(`begins before the end of the packet before, ${before.timestampEnd}`);
    if (packet.eventsDiscarded < before.eventsDiscarded)
      report('reports fewer discarded events than the packet before');
  }
  return problems;
}

/** The trace files of a data stream, in the order of their numbers. */
function filesOf(directory: string, name: string): string[] {
  if (!existsSync(directory)) return [];
  const numberOf = (file: string) => Number(file.slice(name.length + 1));
  return readdirSync(directory)
    .filter((file) => file === name || file.startsWith(`${name}_`))
    .sort((a, b) => numberOf(a) - numberOf(b))
    .map((file) => join(directory, file));
}

/** The same by Babeltrace 2; its messages other than those about discarded events are problems. */
export function readByBabeltrace(babeltrace2: string, path: string, streamCount: number): FoundEvents {
  const options = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const { stdout, stderr, status } = spawnSync(babeltrace2, ['--names=all', path], options);
  const numbers = Array.from({ length: streamCount }, (): number[] => []);
  for (const [, stream, n] of stdout.matchAll(/vtid = ([0-9]+).* n = ([0-9]+)/g)) {
    numbers[Number(stream) - 1]?.push(Number(n));
  }
  const lines = stderr.split('\n').filter((line) => line !== '');
  const counts = lines.flatMap((line) => /discarded ([0-9]+) events? between/.exec(line)?.[1] ?? []);
  // In the first packet of a data stream Babeltrace 2 has no earlier count to compare with.
  const isUnknown = lines.some((line) => line.includes('Tracer may have discarded events between'));
  const problems = lines.filter((line) => !/discarded ([0-9]+ )?events? between/.test(line));
  return {
    numbers,
    eventsDiscarded: isUnknown ? undefined : counts.reduce((sum, count) => sum + Number(count), 0),
    problems: status === 0 ? problems : [`babeltrace2 ended with ${status}`, ...problems],
  };
}
