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
  /** Exact mode of the directories that are made where they are absent; without it none is made. */
  readonly mode?: number;
  /**
   * A directory on the way that a person named: it belongs to the acting user or to root. All below it is ours: no links, and
   * nothing of another user.
   */
  readonly ownBelow?: string;
  /** Whether the directory that was named may be anybody's, in a process that is not root's; false by default. */
  readonly isShared?: boolean;
  /** Whether the last component may be a link; true by default. */
  readonly followLast?: boolean;
  /** Whose directories are accepted, undefined for everybody's; by default as {@link processTrust} says. */
  readonly trust?: Trust | undefined;
}

/** As many as the kernel follows. */
const LINKS_MAX = 40;
/** Bounds the patience with a process that removes a directory whenever it is made. */
const ATTEMPTS_MAX = 16;
/** No descriptor. */
const NONE = -1;
const O_LOOKUP = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

interface Step {
  readonly name: string;
  readonly followsLink: boolean;
  /** Whose it has to be, whoever's process this is: the acting user's, that user's or root's. */
  readonly owner?: 'self' | 'self or root' | undefined;
}

/** A directory that is held by its descriptor, and the path that led to it. */
interface Place {
  readonly descriptor: number;
  readonly path: string;
}

/**
 * Opens a directory, and makes those on the way that are absent, component by component from `/`. Each is looked up through
 * the descriptor of its parent and checked by its own descriptor, so that nothing can be exchanged in between. In a process of
 * root's each has to be a trusted user's (see {@link Trust}), and so has each link that is followed. Everything is done as the
 * effective user: see `asUser`.
 *
 * @param path absolute
 * @returns a descriptor for lookups (`O_PATH`) and {@link pathOf}; the caller closes it
 * @throws {DirectoryRefused} with the component, its owner and the way out; or the system's error
 */
export function openDirectory(path: string, options: WalkOptions = {}): number {
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

/** Does something with a directory that {@link openDirectory} finds or makes. */
export function withDirectory<T>(path: string, options: WalkOptions, action: (descriptor: number) => T): T {
  const descriptor = openDirectory(path, options);
  try {
    return action(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a directory and those on the way, or checks the ones that are there: see {@link openDirectory}. */
export function ensureDirectory(path: string, options: WalkOptions & { readonly mode: number }): void {
  closeSync(openDirectory(path, options));
}

/**
 * Makes a new directory in one that {@link openDirectory} finds or makes: `options` are about its parent.
 *
 * @returns false if something of that name is there @throws as {@link openDirectory}
 */
export function makeDirectory(path: string, options: WalkOptions & { readonly mode: number }): boolean {
  return withDirectory(dirname(path), options, (parent) => make(pathOf(parent, basename(path)), path, options.mode));
}

/**
 * Checks a directory that may be absent, by now or still.
 *
 * @returns whether it is there @throws as {@link openDirectory}
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

/** The directory that a link leads to has to be whose the link's place requires. */
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

/** The next directory, made where it is absent and that is wanted; or the target of a link to be followed in its place. */
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

/** The umask has been taken off, and a parent may have handed its set-group-ID bit on. */
function setMode(descriptor: number, mode: number | undefined): void {
  const stats = fstatSync(descriptor);
  const isOurs = stats.uid === process.geteuid?.();
  if (mode !== undefined && isOurs && (stats.mode & 0o7777) !== mode) chmodSync(pathOf(descriptor), mode);
}

/**
 * The target of a link that may be followed: only trusted users can exchange it before it is read.
 *
 * @returns undefined if it is a directory, or nothing, by now
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
  const rule = `every directory on the way must belong to ${owners} and be closed to the writes of others, or have the sticky bit`;
  const remedy = `${rule}: choose another place, or change that one (chmod g-w, chmod +t, chown)`;
  if (process.geteuid?.() !== 0) return remedy;
  return `${remedy}; where root trusts its owner, start the session daemon with ${TRUSTED_USERS}=UID:GID`;
}

function refuse(path: string, objection: string, remedy: string): never {
  throw new DirectoryRefused('DIRECTORY_REFUSED', `${path} ${objection}: ${remedy}`);
}

/** The system's error with the path that a person knows. */
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
