import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { openRegularFile, readFrom } from './regular-file.ts';

/** How a kind of file begins, and how it is unpacked. */
interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  /** Offset of the magic number. */
  readonly at?: number;
  /** Command that unpacks an archive into a directory. */
  readonly unpack?: (file: string, directory: string) => string;
  /** Command that unpacks a single file, which may be a tar archive. */
  readonly tool?: string;
}

const PACKINGS: readonly Packing[] = [
  { name: 'a ZIP archive', magic: [0x50, 0x4b], unpack: (file, directory) => `unzip ${file} -d ${directory}` },
  {
    name: 'a 7z archive',
    magic: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c],
    unpack: (file, directory) => `7z x ${file} -o${directory}`,
  },
  { name: 'a tar archive', magic: [0x75, 0x73, 0x74, 0x61, 0x72], at: 257, unpack: untar },
  { name: 'compressed with gzip', magic: [0x1f, 0x8b], tool: 'gunzip' },
  { name: 'compressed with xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], tool: 'unxz' },
  { name: 'compressed with Zstandard', magic: [0x28, 0xb5, 0x2f, 0xfd], tool: 'unzstd' },
  { name: 'compressed with bzip2', magic: [0x42, 0x5a, 0x68], tool: 'bunzip2' },
  { name: 'compressed with lz4', magic: [0x04, 0x22, 0x4d, 0x18], tool: 'unlz4' },
];

const TAR = PACKINGS.find(({ unpack }) => unpack === untar)!;
const HEAD_BYTES = 4096;
/** Suffixes of archives, which are left out of the name of the directory to unpack into. */
const SUFFIXES = /(\.tar)?\.(zip|7z|tar|tgz|txz|tbz2?|tzst|gz|xz|zst|bz2|lz4)$/i;
const TAR_SUFFIXES = /\.(tar\.[a-z0-9]+|tgz|txz|tbz2?|tzst)$/i;

/**
 * A sentence about an archive or a compressed file, with the command that unpacks it.
 *
 * @returns undefined for other files
 */
export function packedSentence(file: string): string | undefined {
  const head = readHead(file);
  const packing = PACKINGS.find((candidate) => beginsAs(head, candidate));
  if (packing === undefined) return undefined;
  const { name, unpack, tool } = packing;
  const isTar = tool !== undefined && (TAR_SUFFIXES.test(file) || isGzippedTar(head));
  const bare = file.replace(SUFFIXES, '');
  const target = quoted(bare === file ? `${file}.unpacked` : bare);
  const command = isTar ? untar(quoted(file), target) : unpack?.(quoted(file), target);
  const what = isTar ? `a tar archive, ${name}` : name;
  return `this is ${what}: unpack it first, with ${command ?? `${tool} < ${quoted(file)} > ${target}`}`;
}

function untar(file: string, directory: string): string {
  return `mkdir -p ${directory} && tar -xf ${file} -C ${directory}`;
}

function readHead(file: string): Buffer {
  const { fd } = openRegularFile(file);
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readFrom(fd, head, HEAD_BYTES, 0));
  } finally {
    fs.closeSync(fd);
  }
}

function beginsAs(bytes: Buffer, { magic, at = 0 }: Packing): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/** Whether a gzipped file that begins with these bytes is a tar archive. */
function isGzippedTar(head: Buffer): boolean {
  try {
    const options = { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: HEAD_BYTES * 1032 };
    return beginsAs(gunzipSync(head, options), TAR);
  } catch {
    return false;
  }
}

/** For the shell. */
function quoted(file: string): string {
  const shown = path.relative('', file).startsWith('..') ? file : path.relative('', file);
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
