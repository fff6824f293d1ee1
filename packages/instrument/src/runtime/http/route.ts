import type { IncomingMessage } from 'node:http';

/** What Express adds to a request: `baseUrl` is the path of the router, `route` the route in it. */
interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: unknown;
  readonly route?: { readonly path?: unknown };
}

/**
 * The route that a request matched, such as `/users/:id`, once a router has found it; empty without a router.
 *
 * @see https://expressjs.com/en/5x/api.html#req.route
 */
export function routeOf(request: IncomingMessage): string {
  try {
    const { baseUrl, route } = request as RoutedRequest;
    const path = route?.path;
    if (path === undefined) return '';
    return `${typeof baseUrl === 'string' ? baseUrl : ''}${String(path)}`;
  } catch {
    // The program's own code, such as a getter.
    return '';
  }
}
