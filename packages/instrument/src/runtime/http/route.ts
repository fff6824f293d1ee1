import type { IncomingMessage } from 'node:http';

/** What Express adds to a request: `baseUrl` is the path of the router, `route` the route in it. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: unknown;
  readonly route?: { readonly path?: unknown };
}

/** An object of a router that knows the route of a request, now or later. */
export interface RouteSource {
  route(): unknown;
}

/** For routers that keep the route in other objects than the request. */
const sources = new WeakMap<IncomingMessage, RouteSource>();

export function setRouteSource(request: IncomingMessage, source: RouteSource): void {
  sources.set(request, source);
}

/**
 * The route that a request matched, such as `/users/:id`, once a router has found it; empty without a router.
 *
 * @see https://expressjs.com/en/5x/api.html#req.route
 */
export function routeOf(request: IncomingMessage): string {
  try {
    const source = sources.get(request);
    if (source !== undefined) return textOf(source.route());
    const { baseUrl, route } = request as RoutedRequest;
    return route === undefined ? '' : `${textOf(baseUrl)}${textOf(route.path)}`;
  } catch {
    // The program's own code, such as a getter.
    return '';
  }
}

/** Routes may be regular expressions, or lists of alternatives. */
function textOf(route: unknown): string {
  return route == null ? '' : String(route);
}
