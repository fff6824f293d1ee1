import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { subscribeAll } from './channels.ts';
import { everyMs } from './every.ts';
import { clearImmediate, setImmediate } from './node.ts';
import { observeAll } from './wrap.ts';

/** A CommonJS module of a package. The ES modules of a package usually load it, too. */
export interface ModuleFile {
  /** Name of the package, such as `pg` or `@redis/client`. */
  readonly packageName: string;
  /** Path in the package, such as `lib/client.js`. */
  readonly file: string;
  /**
   * Changes the module's classes and objects.
   *
   * @returns a function that takes the changes back
   */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own exports
  change(exports: any): () => void;
}

/** The modules that this thread has loaded: `require.cache`. */
const { cache } = createRequire('/');

/** Node.js 20 has no channel that reports loaded modules. */
const REPORTS_LOADS = Number(process.versions.node.split('.')[0]) >= 22;
const LOOK_INTERVAL_MS = 1000;
/** Connections and requests in an interval before which the loaded modules are read. */
const LOOKS_MAX = 20;

const wanted = new Set<WantedModule>();
let stopWatching: (() => void) | undefined;

/**
 * Changes a module: at once if the program has loaded it, else right after it has been loaded. A program may load
 * several versions of a package.
 *
 * Loader hooks such as those of `require-in-the-middle` are visible: their frames are in the stacks of all code that
 * runs while a module loads. So this subscribes to a channel of Node.js. Node.js 20 lacks it: there, the list of
 * loaded modules is read after the program's first turn, before new connections and requests, and every second.
 *
 * @returns a function that takes the changes back
 */
export function changeModule(file: ModuleFile): () => void {
  const module = new WantedModule(file);
  wanted.add(module);
  module.look(Object.keys(cache));
  stopWatching ??= REPORTS_LOADS ? watchLoads() : lookRepeatedly();
  return () => {
    wanted.delete(module);
    module.undoAll();
    if (wanted.size > 0) return;
    stopWatching?.();
    stopWatching = undefined;
  };
}

/** A module file with its changed copies. */
class WantedModule {
  readonly packageName: string;
  readonly #file: ModuleFile;
  readonly #suffix: string;
  /** By module: a program may delete a module of the cache and load it again. */
  readonly #changed = new Map<NodeJS.Module, () => void>();

  constructor(file: ModuleFile) {
    this.packageName = file.packageName;
    this.#file = file;
    this.#suffix = `/node_modules/${file.packageName}/${file.file}`;
  }

  look(paths: readonly string[]): void {
    for (const path of paths) {
      if (!path.endsWith(this.#suffix)) continue;
      const module = cache[path];
      if (module?.loaded === true && !this.#changed.has(module)) this.#changed.set(module, this.#change(module));
    }
  }

  #change(module: NodeJS.Module): () => void {
    try {
      return this.#file.change(module.exports);
    } catch {
      // This version of the package has other contents.
      return () => undefined;
    }
  }

  undoAll(): void {
    for (const undo of this.#changed.values()) undo();
    this.#changed.clear();
  }
}

function look(): void {
  const paths = Object.keys(cache);
  for (const module of wanted) module.look(paths);
}

function watchLoads(): () => void {
  /** Results of `require`, which programs often call again for a loaded module. */
  const seen = new WeakSet<object>();
  return subscribeAll({
    'tracing:module.require:end': ({ id, result }: { readonly id?: unknown; readonly result?: unknown }) => {
      const name = String(id);
      const isWanted = [...wanted].some(({ packageName }) => name.includes(packageName));
      const key = Object(result) as object;
      if (!isWanted || seen.has(key)) return;
      seen.add(key);
      look();
    },
  });
}

function lookRepeatedly(): () => void {
  let looks = 0;
  const immediate = setImmediate(look);
  immediate.unref();
  const endInterval = everyMs(LOOK_INTERVAL_MS, () => {
    looks = 0;
    look();
  });
  const lookAgain = () => {
    if (looks++ < LOOKS_MAX) look();
    return undefined;
  };
  const endSubscriptions = subscribeAll({ 'http.server.request.start': lookAgain });
  const endObserving = observeAll([{ holder: Socket.prototype, name: 'connect', observer: { before: lookAgain } }]);
  return () => {
    clearImmediate(immediate);
    endInterval();
    endSubscriptions();
    endObserving();
  };
}
