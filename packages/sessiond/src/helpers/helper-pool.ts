import type { PeerLog } from '../log/peer-log.ts';
import { DaemonError } from '../model/daemon-error.ts';
import type { Owner } from '../model/owner.ts';
import {
  HELPER_END_MS,
  HELPER_IDLE_MS,
  HELPER_START_MS,
  HELPER_TIMEOUT_MS,
  HELPERS_LOST_MAX,
  HELPERS_PER_USER_MAX,
} from '../shares/limits.ts';
import type { PoolUsers } from '../shares/shared-pool.ts';
import type { HelperReply } from './helper-messages.ts';
import type { HelperAnswer, HelperOperation, HelperParams } from './helper-operations.ts';
import type { HelperProcess, StartHelper } from './helper-process.ts';

export interface HelperPoolOptions {
  readonly startHelper: StartHelper;
  /** The user that a number stands for; numbers of one user have one share. */
  readonly userBehind: PoolUsers['userBehind'];
  readonly timeoutMs?: number;
  readonly log: PeerLog;
}

export interface Performed<Result> {
  readonly result: Result;
  /** Belongs to the caller. */
  readonly descriptor: number | undefined;
}

interface Job {
  readonly operation: HelperOperation;
  readonly owner: Owner;
  readonly params: { readonly path: string };
  /** Helpers that ended while they started: a service manager may signal all processes at once. */
  lost: number;
  resolve(performed: Performed<unknown>): void;
  reject(error: DaemonError): void;
}

/** Helpers and waiting operations of one user. */
class UserShare {
  /** Working helpers, including helpers that hang. */
  readonly helpers = new Set<HelperProcess>();
  /** Paths whose file system has not answered, by the helper that hangs there and has been killed. */
  readonly stuck = new Map<HelperProcess, string>();
  readonly waiting: Job[] = [];
}

/**
 * Operations in directories that users have chosen. The session daemon touches none of these directories itself: a file
 * system that does not answer (FUSE, a dead NFS server) would hold the daemon, and with it every user.
 *
 * A helper process carries out one operation at a time. If it does not answer within the time limit, it is killed, and
 * counts against its user until it has ended, which may be never if it hangs in the kernel. An idle helper is kept for
 * a while, the last one for good, so that a command does not wait for a process to start.
 */
export class HelperPool {
  readonly #options: HelperPoolOptions;
  readonly #timeoutMs: number;
  readonly #users = new Map<number, UserShare>();
  /** Idle helpers, with the timers of their ends. */
  readonly #idle = new Map<HelperProcess, NodeJS.Timeout>();
  #closed = false;

  constructor(options: HelperPoolOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? HELPER_TIMEOUT_MS;
  }

  /** Starts a helper, so that the first operation finds one. */
  warmUp(): void {
    this.#rest(this.#options.startHelper({ onReply: () => {}, onEnded: () => {} }));
  }

  /** Number of helpers that hang in the kernel, by user. */
  stuck(): ReadonlyMap<number, number> {
    const counts = [...this.#users].map(([uid, { stuck }]) => [uid, stuck.size] as const);
    return new Map(counts.filter(([, count]) => count > 0));
  }

  /**
   * Carries out an operation with the rights of the owner.
   *
   * @throws {DaemonError} the operation's own error; `PLACE_NOT_ANSWERING` at the time limit, or at once if the user
   *   has too many operations without an answer
   */
  async perform<Name extends HelperOperation>(
    operation: Name,
    owner: Owner,
    params: HelperParams<Name>,
  ): Promise<HelperAnswer<Name>> {
    const { result, descriptor } = await this.performOpening(operation, owner, params);
    if (descriptor !== undefined) throw new Error(`${operation} opened something that nobody closes`);
    return result;
  }

  /** The same for an operation that may open a descriptor. */
  performOpening<Name extends HelperOperation>(
    operation: Name,
    owner: Owner,
    params: HelperParams<Name>,
  ): Promise<Performed<HelperAnswer<Name>>> {
    return new Promise((resolve, reject) => {
      const job: Job = { operation, owner, params, lost: 0, resolve: resolve as Job['resolve'], reject };
      const user = this.#options.userBehind(owner.uid);
      this.#shareOf(user).waiting.push(job);
      this.#next(user);
    });
  }

  /** Kills all helpers; operations under way fail. */
  close(): void {
    this.#closed = true;
    for (const [helper, timer] of this.#idle) {
      clearTimeout(timer);
      dismiss(helper);
    }
    for (const { helpers } of this.#users.values()) for (const helper of helpers) helper.kill();
  }

  #shareOf(user: number): UserShare {
    let share = this.#users.get(user);
    if (share === undefined) {
      share = new UserShare();
      this.#users.set(user, share);
    }
    return share;
  }

  /** Begins waiting operations, as far as the user's share allows. */
  #next(user: number): void {
    const share = this.#shareOf(user);
    while (share.waiting.length > 0) {
      if (share.stuck.size >= HELPERS_PER_USER_MAX) {
        for (const job of share.waiting.splice(0)) job.reject(refusal(job, share));
      } else if (share.helpers.size < HELPERS_PER_USER_MAX) {
        this.#begin(share.waiting.shift() as Job, user, share);
      } else return;
    }
    if (share.helpers.size === 0) this.#users.delete(user);
  }

  #begin(job: Job, user: number, share: UserShare): void {
    const { operation, owner, params } = job;
    const idle = this.#takeIdle();
    let timer: NodeJS.Timeout | undefined;
    const leave = (helper: HelperProcess) => {
      share.helpers.delete(helper);
      share.stuck.delete(helper);
      this.#next(user);
    };
    const giveUp = (helper: HelperProcess, error: DaemonError) => {
      const hangs = setTimeout(() => {
        share.stuck.set(helper, params.path);
        this.#next(user);
      }, HELPER_END_MS);
      hangs.unref();
      const onEnded = () => {
        clearTimeout(hangs);
        leave(helper);
      };
      helper.events = { onReply: () => {}, onEnded };
      helper.kill();
      this.#options.log.of(owner.uid, 'output directories').error(`user ${owner.uid}: ${error.message} (${operation})`);
      job.reject(error);
    };
    const limit = (helper: HelperProcess, limitMs: number, error: () => DaemonError) => {
      clearTimeout(timer);
      timer = setTimeout(() => giveUp(helper, error()), limitMs);
    };
    const request = (helper: HelperProcess) => {
      limit(helper, this.#timeoutMs, () => notAnswering(params.path, this.#timeoutMs));
      helper.send({ operation, owner, params });
    };
    const events = {
      onReply: (reply: HelperReply, descriptor: number | undefined) => {
        if (reply.kind === 'ready') request(helper);
        else if (reply.kind === 'progress') timer?.refresh();
        else {
          clearTimeout(timer);
          if (reply.kind === 'done') job.resolve({ result: reply.result, descriptor });
          else job.reject(new DaemonError(reply.code, reply.message));
          this.#rest(helper);
          leave(helper);
        }
      },
      onEnded: (how: string) => {
        clearTimeout(timer);
        if (!helper.isReady && !this.#closed && ++job.lost <= HELPERS_LOST_MAX) {
          share.waiting.unshift(job);
          leave(helper);
          return;
        }
        job.reject(
          new DaemonError('OUTPUT_NOT_WRITABLE', `cannot use ${params.path}: the helper process is gone: ${how}`),
        );
        leave(helper);
      },
    };
    const helper = idle ?? this.#options.startHelper(events);
    helper.events = events;
    share.helpers.add(helper);
    if (helper.isReady) request(helper);
    else {
      limit(helper, HELPER_START_MS, () => {
        const what = `the helper process has not started within ${HELPER_START_MS / 1000} s`;
        return new DaemonError('PLACE_NOT_ANSWERING', `cannot use ${params.path}: ${what}`);
      });
    }
  }

  #takeIdle(): HelperProcess | undefined {
    const [first] = this.#idle;
    if (first === undefined) return undefined;
    const [helper, timer] = first;
    clearTimeout(timer);
    this.#idle.delete(helper);
    return helper;
  }

  #rest(helper: HelperProcess): void {
    if (this.#closed) {
      dismiss(helper);
      return;
    }
    helper.events = {
      onReply: () => {},
      onEnded: (how) => {
        this.#options.log.warn(`helper ${helper.pid} is gone: ${how}`);
        clearTimeout(this.#idle.get(helper));
        this.#idle.delete(helper);
      },
    };
    const timer = setTimeout(() => {
      if (this.#idle.size === 1) return;
      this.#idle.delete(helper);
      dismiss(helper);
    }, HELPER_IDLE_MS);
    timer.unref();
    this.#idle.set(helper, timer);
  }
}

/** Ends an idle helper without a line in the log. */
function dismiss(helper: HelperProcess): void {
  helper.events = { onReply: () => {}, onEnded: () => {} };
  helper.end();
}

function notAnswering(path: string, timeoutMs: number): DaemonError {
  const what = `its file system has not answered within ${timeoutMs / 1000} s`;
  return new DaemonError(
    'PLACE_NOT_ANSWERING',
    `cannot use ${path}: ${what}; choose another directory, or mount that file system again`,
  );
}

function refusal({ params, owner }: Job, { stuck }: UserShare): DaemonError {
  const paths = [...new Set(stuck.values())].join(' and ');
  return new DaemonError(
    'PLACE_NOT_ANSWERING',
    `cannot use ${params.path}: user ${owner.uid} has ${stuck.size} operations on file systems that do not answer, the most that a ` +
      `user may have: ${paths}; unmount what does not answer (umount -f, or fusermount -u), then try again`,
  );
}
