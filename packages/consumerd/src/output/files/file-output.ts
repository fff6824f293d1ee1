import { rmdirSync, rmSync, unlinkSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { errnoOf } from '@ringtail/base';
import { asUser } from '@ringtail/posix';
import { type Destination, DOMAIN_DIRECTORIES, STATE_DIRECTORY } from '@ringtail/protocol';
import { ConsumerError } from '../../consumer-error.ts';
import type { PacketOutput, TraceDescription } from '../packet-output.ts';
import { type FileOutputOptions, FileTrace } from './file-trace.ts';
import { lstatIfThere } from './lstat-if-there.ts';
import { prologueOf } from './metadata-file.ts';
import { renameAll } from './rename-all.ts';
import { checkTraceDirectory, ensureTraceDirectory, stateDirectoryOf } from './trace-directory.ts';
import { namesIn } from './trace-file-names.ts';

/** Directory of the next trace chunk while a rotation is under way, named as LTTng names it. */
const NEXT_CHUNK_DIRECTORY = '.tmp_new_chunk';
/** Directory of the traces of processes in the directory of a domain. */
const PROCESSES_DIRECTORY = 'pid';

/**
 * Session in trace files: the traces of its current trace chunk lie in its output directory, checkpoints beside them.
 *
 * A rotation is one rename of the directory of each domain. Everything that can fail for want of room is done before.
 * So a consumer that dies leaves the old chunk of a domain as it was, or its complete archive. A repeated request sees
 * this in the archive. A domain that it lacks goes on in its old chunk, which the next rotation archives.
 */
export class FileOutput implements PacketOutput {
  readonly #options: FileOutputOptions;
  readonly #traces = new Set<FileTrace>();

  constructor(options: FileOutputOptions) {
    this.#options = options;
  }

  formerMetadata(tracePath: string): string {
    const { directory, owner } = this.#options;
    return asUser(owner, () => prologueOf(join(directory, tracePath, 'metadata')));
  }

  openTrace(description: TraceDescription): FileTrace {
    const trace: FileTrace = new FileTrace(this.#options, description, () => this.#traces.delete(trace));
    this.#traces.add(trace);
    return trace;
  }

  finishRotation({ path: archive }: Destination): boolean {
    this.#checkArchive(archive);
    const { directory, owner } = this.#options;
    const archived = asUser(owner, () => {
      removeTree(join(directory, NEXT_CHUNK_DIRECTORY), directory);
      return DOMAIN_DIRECTORIES.filter((domain) => checkTraceDirectory(join(archive, domain), directory));
    });
    for (const { domain, streams } of this.#traces) {
      if (archived.includes(domain)) for (const stream of streams) stream.forgetArchived();
    }
    return archived.length > 0;
  }

  /** @throws {ConsumerError} `BAD_REQUEST`, `DIRECTORY_REFUSED`, `NOT_WRITTEN`; or the system's error */
  rotate({ path: archive }: Destination): void {
    const { directory, owner } = this.#options;
    const next = join(directory, NEXT_CHUNK_DIRECTORY);
    const traces = [...this.#traces];
    this.restore();
    try {
      for (const trace of traces) trace.prepareChunk(next);
      for (const stream of this.#streams()) stream.suspend();
      asUser(owner, () => {
        ensureTraceDirectory(archive, directory);
        const isPrepared = (domain: string) => traces.some((trace) => trace.domain === domain);
        const domains = DOMAIN_DIRECTORIES.filter((domain) => isPrepared(domain) || isThere(join(directory, domain)));
        // With all processes gone nothing was prepared.
        for (const domain of domains) ensureTraceDirectory(join(next, domain), directory);
        renameAll(
          domains.flatMap((domain) => [
            { from: join(directory, domain), to: join(archive, domain) },
            { from: join(next, domain), to: join(directory, domain) },
          ]),
        );
      });
    } catch (error) {
      for (const trace of traces) trace.abandonChunk();
      asUser(owner, () => removeQuietly(next, directory, archive));
      throw error;
    }
    for (const trace of traces) trace.beginChunk();
    for (const stream of this.#streams()) stream.beginChunk();
    asUser(owner, () => removeQuietly(next, directory));
  }

  restore(): void {
    for (const trace of this.#traces) trace.restore();
  }

  /** @throws the system's error; some packets may have been removed then */
  clear(): void {
    const { directory: output, owner } = this.#options;
    for (const stream of this.#streams()) stream.suspend();
    asUser(owner, () => {
      for (const { directory } of this.#traces) if (checkTraceDirectory(directory, output)) removePackets(directory);
      for (const domain of DOMAIN_DIRECTORIES) {
        const processes = join(output, domain, PROCESSES_DIRECTORY);
        if (checkTraceDirectory(processes, output)) this.#removeClosedTraces(processes);
      }
    });
    for (const stream of this.#streams()) stream.beginChunk();
  }

  forgetClosedStreams(): void {
    asUser(this.#options.owner, () => {
      for (const trace of this.#traces) trace.forgetClosedStreams();
    });
  }

  forgetTrace(uuid: string): void {
    const { directory, owner } = this.#options;
    asUser(owner, () => removeTree(stateDirectoryOf(directory, uuid), directory));
  }

  /** An archive lies in the session's directory, and not in a directory that moves or is ours. */
  #checkArchive(archive: string): void {
    const { directory } = this.#options;
    const below = relative(directory, archive);
    const first = below.split('/')[0] ?? '';
    const reserved = ['', '..', ...DOMAIN_DIRECTORIES, STATE_DIRECTORY, NEXT_CHUNK_DIRECTORY];
    if (!isAbsolute(below) && !reserved.includes(first)) return;
    throw new ConsumerError('BAD_REQUEST', `${archive} is no place for an archive of ${directory}`);
  }

  #streams() {
    return [...this.#traces].flatMap(({ streams }) => [...streams]);
  }

  #removeClosedTraces(processes: string): void {
    const open = new Set([...this.#traces].map(({ directory }) => directory));
    for (const name of namesIn(processes)) {
      const directory = join(processes, name);
      if (!open.has(directory)) rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** Every data stream file has an index, made before it. Nothing else in the directory is removed. */
function removePackets(directory: string): void {
  const suffix = '.idx';
  const indexDirectory = join(directory, 'index');
  for (const name of namesIn(indexDirectory).filter((entry) => entry.endsWith(suffix))) {
    const stream = name.slice(0, -suffix.length);
    if (/^(\.{0,2}|metadata)$/.test(stream)) continue;
    removeFile(join(directory, stream));
    removeFile(join(indexDirectory, name));
  }
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function isThere(path: string): boolean {
  return lstatIfThere(path) !== undefined;
}

/**
 * Removes a directory of ours. In a directory of another user, entries could become links to other places meanwhile.
 */
function removeTree(directory: string, output: string): void {
  if (checkTraceDirectory(directory, output)) rmSync(directory, { recursive: true, force: true });
}

/** Removes the remains of a rotation. An archive is removed only if it is empty. */
function removeQuietly(directory: string, output: string, archive?: string): void {
  try {
    removeTree(directory, output);
    if (archive !== undefined) rmdirSync(archive);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
