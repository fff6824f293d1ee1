import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import type { Tracer } from '../../instrument.ts';
import { clearInterval, setInterval } from '../../node.ts';
import { makeOwnResources } from '../../own-resources.ts';
import { type Caller, callerOf } from './caller.ts';
import { routeOf } from './route.ts';
import type { ServerRequest, ServerRequests } from './server-requests.ts';

/** Time without an event that reads a context, after which requests are no longer followed. */
const UNUSED_MS = 10_000;

/**
 * Defines the contexts `$app.node:request_id`, `$app.node:route`, `$app.node:trace_id` and `$app.node:parent_span_id`:
 * values of the request that the running code belongs to.
 *
 * Following a request costs time in programs with many promises. So requests are followed while events read one of the
 * contexts, from the first request that begins after the first such event.
 */
export function defineRequestContexts({ context }: Tracer, requests: ServerRequests): void {
  const current = new CurrentRequest(requests);
  context('node', 'request_id', () => current.read()?.id);
  context('node', 'route', () => current.read()?.route() || undefined);
  context('node', 'trace_id', () => current.read()?.caller()?.traceId);
  context('node', 'parent_span_id', () => current.read()?.caller()?.spanId);
}

/** The request that the running code belongs to. */
class CurrentRequest {
  readonly #requests: ServerRequests;
  readonly #storage = new AsyncLocalStorage<FollowedRequest>();
  readonly #open = new Map<ServerRequest, FollowedRequest>();
  #unfollow: (() => void) | undefined;
  #wasRead = false;

  constructor(requests: ServerRequests) {
    this.#requests = requests;
  }

  read(): FollowedRequest | undefined {
    this.#wasRead = true;
    // An event is being recorded: another one, of the timer, would be nested.
    if (this.#unfollow === undefined) makeOwnResources(() => this.#follow());
    return this.#storage.getStore();
  }

  #follow(): void {
    this.#unfollow = this.#requests.follow('contexts', {
      begun: (request) => this.#enter(request),
      ended: (request) => {
        this.#open.get(request)?.end();
        this.#open.delete(request);
      },
    });
    const timer = setInterval(() => {
      if (this.#wasRead) {
        this.#wasRead = false;
        return;
      }
      clearInterval(timer);
      this.#stop();
    }, UNUSED_MS).unref();
  }

  #enter(request: ServerRequest): void {
    const followed = new FollowedRequest(request);
    this.#open.set(request, followed);
    this.#storage.enterWith(followed);
  }

  #stop(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#open.clear();
    this.#storage.disable();
  }
}

/**
 * The values of a request. It may outlive the request, in timers that the request has started, so it lets go of the
 * request's objects when the request ends.
 */
class FollowedRequest {
  readonly id: number;
  #request: IncomingMessage | undefined;
  #route = '';
  #caller: Caller | undefined;

  constructor({ id, request }: ServerRequest) {
    this.id = id;
    this.#request = request;
  }

  route(): string {
    return this.#request === undefined ? this.#route : routeOf(this.#request);
  }

  caller(): Caller | undefined {
    return this.#request === undefined ? this.#caller : callerOf(this.#request);
  }

  end(): void {
    this.#route = this.route();
    this.#caller = this.caller();
    this.#request = undefined;
  }
}
