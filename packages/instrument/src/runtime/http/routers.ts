import type { IncomingMessage } from 'node:http';
import { changeModule } from '../../loaded-modules.ts';
import { type Observer, observeAll } from '../../wrap.ts';
import { setRouteSource } from './route.ts';

/** What the routers of `koa` add to its context. @see https://github.com/koajs/router */
interface KoaContext {
  readonly _matchedRoute?: unknown;
}

/** What `find-my-way`, the router of Fastify, finds: `store` is the context of a route of Fastify. */
interface FoundRoute {
  readonly store?: { readonly config?: { readonly url?: unknown } } | null;
}

/**
 * Remembers which objects know the routes of requests, for routers that do not add them to the request. The observed
 * functions return before the handlers of the program run, so they are not in the stacks of errors.
 *
 * @returns a function that ends it
 */
export function watchRouters(): () => void {
  const ends = [watchKoa(), ...watchFastify()];
  return () => {
    for (const end of ends) end();
  };
}

function watchKoa(): () => void {
  const createContext: Observer<IncomingMessage> = {
    before: (_, [request]) => request as IncomingMessage,
    returned: (request, context) => setRouteSource(request, { route: () => (context as KoaContext)._matchedRoute }),
  };
  return changeModule({
    packageName: 'koa',
    file: 'lib/application.js',
    change: ({ prototype }) => observeAll([{ holder: prototype, name: 'createContext', observer: createContext }]),
  });
}

/** The router asks for the constraints of a request, and at once for the request's route. */
function watchFastify(): readonly (() => void)[] {
  let routed: IncomingMessage | undefined;
  const deriveConstraints: Observer<never> = {
    before(_, [request, , callback]) {
      // With a callback, constraints are asynchronous, and other requests may come before the route is looked for.
      routed = callback === undefined ? (request as IncomingMessage) : undefined;
      return undefined;
    },
  };
  const find: Observer<IncomingMessage> = {
    before() {
      const request = routed;
      routed = undefined;
      return request;
    },
    returned: (request, found) =>
      setRouteSource(request, { route: () => (found as FoundRoute | null)?.store?.config?.url }),
  };
  return [
    changeModule({
      packageName: 'find-my-way',
      file: 'lib/constrainer.js',
      change: ({ prototype }) =>
        observeAll([{ holder: prototype, name: 'deriveConstraints', observer: deriveConstraints }]),
    }),
    changeModule({
      packageName: 'find-my-way',
      file: 'index.js',
      change: ({ prototype }) => observeAll([{ holder: prototype, name: 'find', observer: find }]),
    }),
  ];
}
