import {
  type Finding,
  type Grouped,
  type ListenerLeak,
  type RepeatedCalls,
  RULES,
  type SpanStatistics,
  type WaitKind,
  type WaitSummary,
} from '@ringtail/analyses';
import { visibleLine } from '@ringtail/base/text';
import { formatCount, plural } from '../../output/quantity.ts';
import { durationText } from '../statistics/number-text.ts';

const LABEL_LENGTH_MAX = 100;
/** Of a place in a program and of a path. Its end is what a reader looks for. */
const PLACE_LENGTH_MAX = 400;

const WAIT_WORDS: Readonly<Record<WaitKind, string>> = {
  'event-loop': 'event loop blocked',
  gc: 'garbage collection',
  'sync-file': 'synchronous file operation',
  file: 'file operation',
  call: '',
  operation: '',
};

/** A text of a trace on one line, without control characters. */
export function shown(text: string): string {
  return visibleLine(text.length > LABEL_LENGTH_MAX ? `${text.slice(0, LABEL_LENGTH_MAX)}…` : text);
}

/** A frame of a stack, or a path, in the same way. */
export function shownPlace(place: string): string {
  return visibleLine(place.length > PLACE_LENGTH_MAX ? `${place.slice(0, PLACE_LENGTH_MAX)}…` : place);
}

/** A wait by its kind and target: `HTTP 127.0.0.1`, `event loop blocked in run (app.js:3:1)`. */
export function waitName({ kind, target }: Pick<WaitSummary, 'kind' | 'target'>): string {
  const word = WAIT_WORDS[kind];
  if (kind === 'event-loop' && target !== '') return `${word} in ${shown(target)}`;
  return [word, shown(target)].filter(Boolean).join(' ');
}

/** The finding as a sentence. */
export function findingText(finding: Finding): string {
  switch (finding.rule) {
    case 'uncaught-exception': {
      const { count, longest } = finding.error;
      return `${plural(count, 'uncaught exception')}: ${shown(longest.message)}`;
    }
    case 'event-loop-stall': {
      const { count, longestNs, longest } = finding.stalls;
      const where = longest.where === '' ? '' : ` in ${shownPlace(longest.where)}`;
      return `The event loop was blocked for ${durationText(longestNs)}${where}${times(count)}.`;
    }
    case 'slow-regular-expression': {
      const { count, longestNs, longest } = finding.stalls;
      const where = longest.where === '' ? '' : ` in ${shownPlace(longest.where)}`;
      return `A regular expression blocked the event loop for ${durationText(longestNs)}${where}${times(count)}.`;
    }
    case 'synchronous-files': {
      const { span, ns, count, longest } = finding;
      const operation = [shown(longest.target), shownPlace(longest.longest)].filter(Boolean).join(' ');
      const longestText = count === 1 ? operation : `the longest was ${operation}`;
      return `${shown(span.label)} waited ${durationText(ns)} for ${plural(count, 'synchronous file operation')}: ${longestText}.`;
    }
    case 'repeated-calls':
      return repeatedText(finding.span.label, finding.calls);
    case 'slow-operation':
    case 'slow-call':
      return `${shown(finding.span.label)} took up to ${durationsText(finding.span)}.`;
    case 'pool-wait': {
      const { label, slowest } = finding.span;
      const connections = Number(slowest.fields.connections ?? 0);
      const had = connections > 0 ? `had ${plural(connections, 'connection')}` : 'was empty';
      return `The ${shown(label)} ${had}: a caller waited up to ${durationsText(finding.span)}.`;
    }
    case 'slow-name': {
      const name = String(finding.span.slowest.fields.name ?? finding.span.label);
      return `The lookup of the name ${shown(name)} (DNS) took up to ${durationsText(finding.span)}.`;
    }
    case 'listener-leak':
      return leakText(finding.leaks);
    case 'server-errors': {
      const { label, serverErrors, durations } = finding.span;
      return `${shown(label)} answered ${formatCount(serverErrors)} of ${plural(durations.count, 'request')} with a status of 500 or more.`;
    }
    case 'aborted-requests': {
      const { label, aborted, durations } = finding.span;
      return `${shown(label)}: ${formatCount(aborted)} of ${plural(durations.count, 'request')} aborted by the client.`;
    }
    case 'client-errors': {
      const { span, code, count } = finding;
      return `${shown(span.label)}: ${formatCount(count)} of ${plural(span.durations.count, 'call')} failed with ${shown(code)}.`;
    }
    case 'failed-operations': {
      const { span, code, count } = finding;
      return `${shown(span.label)}: ${formatCount(count)} of ${formatCount(span.durations.count)} failed with ${shown(code)}.`;
    }
    case 'busy-thread': {
      const { pid, tid, busyShare, sampledNs, hottest } = finding.thread;
      const thread = tid === undefined || tid === pid ? '' : `Thread ${tid} of `;
      const subject = thread === '' ? capitalized(processName(pid)) : `${thread}${processName(pid)}`;
      const functions = hottest.map(({ frame, share }) => `${Math.round(100 * share)} % in ${shownPlace(frame)}`);
      const busy = `${Math.round(100 * busyShare)} % of ${durationText(sampledNs)} of CPU samples`;
      return `${subject} was busy in ${busy}; of the busy time, ${functions.join(', ')}.`;
    }
    case 'gc-share': {
      const { pid, gcShare, gcTotalNs } = finding.process;
      return `Garbage collection took ${Math.round(100 * gcShare)} % of the time of ${processName(pid)} (${durationText(gcTotalNs)}).`;
    }
    case 'gc-pause': {
      const { pid, gcLongestNs } = finding.process;
      return `A garbage collection stopped ${processName(pid)} for ${durationText(gcLongestNs)}.`;
    }
  }
}

/** The sentence of what to do. */
export function adviceOf({ rule }: Finding): string {
  return RULES[rule].advice;
}

function durationsText({ durations }: SpanStatistics): string {
  const { maximum, median, count } = durations;
  return `${durationText(maximum)}, median ${durationText(median)}, ${formatCount(count)} in all`;
}

function leakText({ count, longest }: Grouped<ListenerLeak>): string {
  const { listeners, event, emitter, where } = longest;
  const what = listeners > 0 ? `${plural(listeners, 'listener')} of ${shown(event)}` : 'Too many listeners';
  const on = emitter === '' ? 'one emitter' : shown(emitter);
  const emitters = count === 1 ? '' : `, and to ${plural(count - 1, 'other emitter')}`;
  const lastIn = where === '' ? '' : `; the last one in ${shownPlace(where)}`;
  return `${what} were added to ${on}${emitters}, and none was removed in time${lastIn}.`;
}

function repeatedText(
  label: string,
  { kind, target, pattern, most, spanCount, longestNs, isExact }: RepeatedCalls,
): string {
  const about = isExact ? '' : 'about ';
  const call = [waitName({ kind, target }), shown(pattern)].filter(Boolean).join(' ');
  const count = formatCount(Math.round(most));
  return `${shown(label)} made ${about}${count} equal calls in one go: ${call}, ${durationText(longestNs)} together${times(spanCount)}.`;
}

function times(count: number): string {
  return count === 1 ? '' : `, ${formatCount(count)} times`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function processName(pid: unknown): string {
  return pid === undefined ? 'the process' : `process ${pid}`;
}
