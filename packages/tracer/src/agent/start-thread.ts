import { installGuard } from '../guard/guard.ts';
import { settings } from '../host/inheritance.ts';
import { ThreadAgent } from './thread-agent.ts';
import type { ThreadRegistry } from './thread-registry.ts';

/**
 * Registers this thread with the daemons.
 *
 * @public `api/registry.ts` requires this module when the tracer starts, without an import that tools could follow.
 */
export function startThread(version: string): ThreadRegistry {
  const agent = ThreadAgent.start(version);
  if (settings().RINGTAIL_GUARD === '1') installGuard(agent);
  return {
    version,
    declare: (spec) => agent.declare(spec),
    span: (begin, end) => agent.declareSpan(begin, end),
    withdraw: (tracepoints) => agent.withdraw(tracepoints),
    context: (provider, name, read) => agent.defineContext(provider, name, read),
    watch: (tracepoints, listener) => agent.watch(tracepoints, listener),
    probes: (listener) => agent.listenToProbes(listener),
    report: (code, message) => agent.report(code, message),
    get inoperative() {
      return agent.inoperative;
    },
  };
}
