/** A rule that reads a trace and reports what a person would look for. */
export interface Rule {
  readonly threshold: number;
  readonly unit: 'ns' | 'count' | 'share';
  /** The value that reaches the threshold, for the documentation. */
  readonly measures: string;
  /** What to do, a sentence. */
  readonly advice: string;
}

const MS = 1e6;

/** All rules, the most severe first. A finding is reported where a value is equal to its threshold or greater. */
export const RULES = {
  'uncaught-exception': {
    threshold: 1,
    unit: 'count',
    measures: 'uncaught exceptions and unhandled rejections',
    advice: 'Handle this error where it is thrown, or await the promise.',
  },
  'event-loop-stall': {
    threshold: 50 * MS,
    unit: 'ns',
    measures: 'longest stall of an event loop with one stack',
    advice: 'Divide this work into parts, make it asynchronous, or move it to a worker thread.',
  },
  'slow-regular-expression': {
    threshold: 50 * MS,
    unit: 'ns',
    measures: 'longest stall of an event loop in a regular expression with one stack',
    advice:
      'Rewrite the expression without repetitions within repetitions, such as (a+)+, or limit the length of the text.',
  },
  'synchronous-files': {
    threshold: 10 * MS,
    unit: 'ns',
    measures: 'synchronous file operations during one request or operation',
    advice: 'Use the functions of fs.promises here: all other requests of the thread wait meanwhile.',
  },
  'repeated-calls': {
    threshold: 10,
    unit: 'count',
    measures: 'equal calls during one request or operation (N+1)',
    advice: 'Fetch all items with one call, or keep the results.',
  },
  'slow-operation': {
    threshold: 200 * MS,
    unit: 'ns',
    measures: 'longest request or operation with one name',
    advice: 'See what happened during the slowest one, longest first.',
  },
  'pool-wait': {
    threshold: 100 * MS,
    unit: 'ns',
    measures: 'longest wait for a connection of one pool',
    advice: 'Allow the pool more connections (of pg: max), or give each one back sooner.',
  },
  'slow-name': {
    threshold: 100 * MS,
    unit: 'ns',
    measures: 'longest lookup of one name (DNS)',
    advice: 'Check the DNS servers that this program asks (/etc/resolv.conf, dns.setServers), or keep the addresses.',
  },
  'slow-call': {
    threshold: 200 * MS,
    unit: 'ns',
    measures: 'longest call to one host, without pools and names',
    advice: 'Look for the reason there, set a timeout, or make the calls side by side.',
  },
  'server-errors': {
    threshold: 1,
    unit: 'count',
    measures: 'responses with a status of 500 or more on one route',
    advice: 'Find their cause in the logs of these requests.',
  },
  'aborted-requests': {
    threshold: 1,
    unit: 'count',
    measures: 'requests on one route whose client went away',
    advice: 'Compare the duration of these requests with the timeout of their clients.',
  },
  'client-errors': {
    threshold: 1,
    unit: 'count',
    measures: 'failed calls to one host with one code',
    advice: 'Check whether the host can be reached, and whether the program tries again.',
  },
  'failed-operations': {
    threshold: 1,
    unit: 'count',
    measures: 'requests or operations with one name that failed with one error',
    advice: 'See the events of the failed ones, and what happened before.',
  },
  'listener-leak': {
    threshold: 1,
    unit: 'count',
    measures: 'emitters with more listeners of one event than their limit, added at one place',
    advice: 'Remove each listener when its work is done, or add one listener for all of that work.',
  },
  'busy-thread': {
    threshold: 0.5,
    unit: 'share',
    measures: 'time in which one thread was not idle, as a part of its CPU samples, at least 500 ms of it',
    advice: 'See who calls these functions, in a flame graph of the samples, and make them cheaper or call them less.',
  },
  'gc-share': {
    threshold: 0.1,
    unit: 'share',
    measures: 'garbage collection as a part of the time of one process, at least 100 ms of it',
    advice: 'Make fewer short-lived objects, or allow more memory with --max-semi-space-size.',
  },
  'gc-pause': {
    threshold: 100 * MS,
    unit: 'ns',
    measures: 'longest garbage collection of one process',
    advice: 'Keep fewer objects alive, and look for a heap that grows.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;

/** Rules about long calls; each call has one of them. */
export type SlowCallRule = 'slow-call' | 'slow-name' | 'pool-wait';

/** Shorter garbage collection in total is no finding, whatever its share. */
export const GC_TOTAL_NS_MIN = 100 * MS;

/** A thread that was busy for less than this is no finding, whatever its share. */
export const BUSY_NS_MIN = 500 * MS;

/** Whether a value reaches the threshold of a rule. */
export function reaches(rule: RuleId, value: number): boolean {
  return value >= RULES[rule].threshold;
}
