import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errnoOf, RingtailError } from '@ringtail/base';
import { DESCRIPTORS, O_PATH, pathOf } from './descriptor-path.ts';
import { DirectoryRefused } from './directory-refused.ts';
import { objectionTo, processTrust, TRUSTED_USERS, type Trust } from './directory-trust.ts';

export interface WalkOptions {
  /** Exact mode of the directories that are made where they are absent. Without it, none is made. */
  readonly mode?: number;
  /**
   * A directory on the path that a person named: it belongs to the acting user or to root. Everything below it is ours:
   * no links, and no other owner.
   */
  readonly ownBelow?: string;
  /** Whether the named directory may have any owner, in a process that is not root's; false by default. */
  readonly isShared?: boolean;
  /** Whether the last component may be a link; true by default. */
  readonly followLast?: boolean;
  /** Users whose directories are accepted; undefined accepts all. Default: {@link processTrust}. */
  readonly trust?: Trust | undefined;
}

/** The kernel's own limit. */
const LINKS_MAX = 40;
/** Limit for a race with a process that removes a directory whenever it is made. */
const ATTEMPTS_MAX = 16;
/** No descriptor. */
const NONE = -1;
const O_LOOKUP = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

interface Step {
  readonly name: string;
  readonly followsLink: boolean;
  /** Required owner, in any process: the acting user, or that user or root. */
  readonly owner?: 'self' | 'self or root' | undefined;
}

/** A directory that is held by its descriptor, and the path that led to it. */
interface Place {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * Opens a directory and makes absent ones on its path, component by component from `/`. Each component is looked up
 * through its parent's descriptor and checked through its own, so that no user can exchange it in between. In a process
 * of root, each directory and each followed link has to belong to a trusted user (see {@link Trust}). All calls are
 * made as the effective user: see `asUser`.
 *
 * @param path absolute
 * @returns a descriptor for lookups (`O_PATH`) and {@link pathOf}; the caller closes it
 * @throws {DirectoryRefused} with the component, its owner and the way out; or the system's error
 */
function openDirectory(path: string, options: WalkOptions = {}): number {
  const trust = 'trust' in options ? options.trust : processTrust();
  const rest = stepsTo(path, options).reverse();
  let links = 0;
  let here = openRoot(trust);
  try {
    for (let step = rest.pop(); step !== undefined; step = rest.pop()) {
      const next = enter(here, step, options.mode, trust);
      if (next.link === undefined) {
        closeSync(here.descriptor);
        here = next;
        continue;
      }
      links += 1;
      if (links > LINKS_MAX) throw systemError('ELOOP', 'too many symbolic links', next.path);
      rest.push(...stepsOfLink(next.link, step).reverse());
      if (!next.link.startsWith('/')) continue;
      closeSync(here.descriptor);
      here = openRoot(trust);
    }
    return here.descriptor;
  } catch (error) {
    closeSync(here.descriptor);
    throw error;
  }
}

/** Runs an action with a directory that {@link openDirectory} finds or makes. */
export function withDirectory<T>(path: string, options: WalkOptions, action: (descriptor: number) => T): T {
  const descriptor = openDirectory(path, options);
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes or checks a directory and all on its path: see {@link openDirectory}. */
export function ensureDirectory(path: string, options: WalkOptions & { readonly mode: number }): void {
  closeSync(openDirectory(path, options));
}

/**
 * Makes a new directory in one that {@link openDirectory} finds or makes: `options` are about its parent.
 *
 * @returns false if an entry with that name exists @throws as {@link openDirectory}
 */
export function makeDirectory(path: string, options: WalkOptions & { readonly mode: number }): boolean {
  return withDirectory(dirname(path), options, (parent) => make(pathOf(parent, basename(path)), path, options.mode));
}

/**
 * Checks a directory that may be absent.
 *
 * @returns whether it exists @throws as {@link openDirectory}
 */
export function checkDirectory(path: string, options: Omit<WalkOptions, 'mode'> = {}): boolean {
  try {
    closeSync(openDirectory(path, options));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function stepsTo(path: string, { ownBelow, isShared = false, followLast = true }: WalkOptions): Step[] {
  const names = namesIn(resolve(path));
  const named = ownBelow === undefined ? Number.POSITIVE_INFINITY : namesIn(resolve(ownBelow)).length;
  return names.map((name, idx) => ({
    name,
    followsLink: idx < named && (followLast || idx < names.length - 1),
    owner: idx >= named ? 'self' : idx === named - 1 && !isShared ? 'self or root' : undefined,
  }));
}

/** The target of a link needs the owner that the link's place requires. */
function stepsOfLink(target: string, { owner }: Step): Step[] {
  const names = namesIn(target);
  return names.map((name, idx) => ({ name, followsLink: true, owner: idx === names.length - 1 ? owner : undefined }));
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function openRoot(trust: Trust | undefined): Place {
  const root = { descriptor: openSync('/', O_LOOKUP), path: '/' };
  try {
    checkDescriptor(root, undefined, trust);
    return root;
  } catch (error) {
    closeSync(root.descriptor);
    throw error;
  }
}

/** The next directory, made if it is absent and `mode` is given; or the target of a link to follow. */
function enter(
  here: Place,
  step: Step,
  mode: number | undefined,
  trust: Trust | undefined,
): Place & { readonly link?: string } {
  const path = join(here.path, step.name);
  const entry = pathOf(here.descriptor, step.name);
  let made = false;
  for (let attempt = 0; ; attempt++) {
    try {
      const descriptor = openSync(entry, O_LOOKUP);
      try {
        checkDescriptor({ descriptor, path }, step.owner, trust);
        if (made) setMode(descriptor, mode);
        return { descriptor, path };
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
    } catch (error) {
      const errno = errnoOf(error);
      const isOther = errno === 'ENOTDIR' || errno === 'ELOOP';
      const link = isOther ? linkAt(entry, path, step, trust) : undefined;
      if (link !== undefined) return { descriptor: NONE, path, link };
      const isAbsent = errno === 'ENOENT' && mode !== undefined;
      if (!isOther && !isAbsent) throw located(error, entry, path);
      if (attempt === ATTEMPTS_MAX) refuse(path, 'comes and goes', 'find the process that makes and removes it');
      if (isAbsent) made = make(entry, path, mode);
    }
  }
}

function make(entry: string, path: string, mode: number): boolean {
  try {
    mkdirSync(entry, { mode });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw located(error, entry, path);
  }
}

/** Sets the exact mode: mkdir subtracts the umask, and a parent's set-group-ID bit is inherited. */
function setMode(descriptor: number, mode: number | undefined): void {
  const stats = fstatSync(descriptor);
  const isOurs = stats.uid === process.geteuid?.();
  if (mode !== undefined && isOurs && (stats.mode & 0o7777) !== mode) chmodSync(pathOf(descriptor), mode);
}

/**
 * The target of a link that may be followed. Only trusted users can exchange it before it is read.
 *
 * @returns undefined if the entry is a directory, or absent, by now
 */
function linkAt(entry: string, path: string, { followsLink }: Step, trust: Trust | undefined): string | undefined {
  const stats = lstatSync(entry, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory()) return undefined;
  if (!stats.isSymbolicLink()) throw systemError('ENOTDIR', 'not a directory', path);
  if (!followsLink) refuse(path, `is a symbolic link of user ${stats.uid}, and none is followed there`, 'remove it');
  if (trust !== undefined && !trust.uids.includes(stats.uid)) {
    refuse(path, `is a symbolic link of user ${stats.uid}`, advice(trust));
  }
  return readlinkSync(entry);
}

function checkDescriptor({ descriptor, path }: Place, owner: Step['owner'], trust: Trust | undefined): void {
  if (trust === undefined && owner === undefined) return;
  const stats = fstatSync(descriptor);
  const objection = trust === undefined ? undefined : objectionTo(stats, trust);
  if (objection !== undefined) refuse(path, objection, advice(trust as Trust));
  if (owner === undefined || stats.uid === process.geteuid?.() || (owner === 'self or root' && stats.uid === 0)) return;
  refuse(path, `belongs to user ${stats.uid}`, `it has to be a directory of user ${process.geteuid?.()}`);
}

function advice({ uids }: Trust): string {
  const owners = [...new Set(uids)].map((uid) => (uid === 0 ? 'root' : `user ${uid}`)).join(' or ');
  const rule = `every directory on the path must belong to ${owners} and be closed to the writes of others, or have the sticky bit`;
  const remedy = `${rule}: choose another place, or change that one (chmod g-w, chmod +t, chown)`;
  if (process.geteuid?.() !== 0) return remedy;
  return `${remedy}; where root trusts its owner, start the session daemon with ${TRUSTED_USERS}=UID:GID`;
}

function refuse(path: string, objection: string, remedy: string): never {
  throw new DirectoryRefused('DIRECTORY_REFUSED', `${path} ${objection}: ${remedy}`);
}

/** The system's error, with the path in the form that a person knows. */
function located(error: unknown, entry: string, path: string): unknown {
  if (!(error instanceof Error) || errnoOf(error) === undefined || error instanceof RingtailError) return error;
  if (!existsSync(DESCRIPTORS)) {
    return new DirectoryRefused('DIRECTORY_REFUSED', `${path} cannot be checked: /proc is not mounted; mount it`);
  }
  error.message = error.message.replaceAll(entry, path);
  return Object.assign(error, { path });
}

function systemError(code: string, message: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${message}, open '${path}'`), { code, path });
}
