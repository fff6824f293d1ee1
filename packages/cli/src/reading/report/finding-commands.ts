import { type Finding, type SlowSpan, type SpanStatistics, type SpanTime, secondsText } from '@ringtail/analyses';
import { shellQuote } from '../../output/quantity.ts';

/** The command that shows the events of a finding. */
export function findingCommand(finding: Finding, paths: readonly string[]): string {
  switch (finding.rule) {
    case 'uncaught-exception':
      return view(paths, '--name', finding.error.longest.event);
    case 'event-loop-stall':
    case 'slow-regular-expression':
      return view(paths, '--name', 'node_eventloop:stall');
    case 'synchronous-files':
    case 'slow-operation':
      return spanCommand(finding.span.slowest, paths);
    case 'repeated-calls':
      return spanCommand(finding.calls.worst, paths);
    case 'pool-wait':
    case 'slow-name':
    case 'slow-call': {
      const { slowest } = finding.span;
      return stats(paths, slowest, targetField(slowest));
    }
    case 'listener-leak':
      return view(paths, '--name', 'node_process:warning', '--filter', 'name == "MaxListenersExceededWarning"');
    case 'server-errors':
      return view(paths, '--name', finding.span.slowest.end, '--filter', 'status >= 500');
    case 'aborted-requests':
      return view(paths, '--name', finding.span.slowest.end, '--filter', 'aborted == 1');
    case 'client-errors': {
      const status = /^status (\d+)$/.exec(finding.code)?.[1];
      const filter = status === undefined ? 'error != ""' : `status == ${status}`;
      return view(paths, '--name', finding.span.slowest.end, '--filter', filter);
    }
    case 'failed-operations':
      return view(paths, '--name', finding.span.slowest.end, '--filter', errorFilter(finding.span.slowest));
    case 'busy-thread':
      return command('convert', paths, '-o', 'folded');
    case 'gc-share':
    case 'gc-pause':
      return command('stats', paths, '--name', 'node_gc:collection', '--by', 'kind');
  }
}

/** Matches events with an error. Fields of the program are texts, numbers or booleans. */
function errorFilter({ fields }: SlowSpan): string {
  return typeof fields.error === 'string' ? 'error != ""' : 'error != 0';
}

/** Shows all events from the begin of a span to its end, of its thread where events contain it. */
export function spanCommand({ beginNs, durationNs }: SpanTime, paths: readonly string[]): string {
  return view(paths, '--begin', secondsText(beginNs), '--end', secondsText(beginNs + BigInt(durationNs)));
}

/** Shows the durations of all spans with the same events. */
export function labelCommand({ slowest }: SpanStatistics, paths: readonly string[]): string {
  return stats(paths, slowest, slowest.kind === 'request' ? 'path' : undefined);
}

function targetField({ fields }: SlowSpan): string | undefined {
  return ['host', 'origin', 'name', 'operation'].find((name) => fields[name] !== undefined);
}

function stats(paths: readonly string[], { begin, end }: SlowSpan, by: string | undefined): string {
  const names = begin === end ? begin : `${begin},${end}`;
  return command('stats', paths, '--name', names, ...(by === undefined ? [] : ['--by', by]));
}

function view(paths: readonly string[], ...options: readonly string[]): string {
  return command('view', paths, ...options);
}

function command(name: string, paths: readonly string[], ...options: readonly string[]): string {
  return ['ringtail', name, ...[...paths, ...options].map(shellQuote)].join(' ');
}
