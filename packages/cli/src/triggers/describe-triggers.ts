import type {
  EventRule,
  RatePolicy,
  TriggerAction,
  TriggerCondition,
  TriggerDefinition,
  TriggerDescription,
} from '@ringtail/protocol';
import { describeLogLevel } from '../options/log-level.ts';
import { formatPeriodUs } from '../options/quantity-options.ts';
import { shellQuote } from '../output/quantity.ts';

type Webhook = Extract<TriggerAction, { readonly kind: 'webhook' }>;

/** Triggers as LTTng lists them, with executions and failures where there are any. */
export function describeTriggers(triggers: readonly TriggerDescription[]): string {
  return inOrder(triggers).flatMap(describeTrigger).join('\n');
}

/** Triggers in the order of their names, then of their owners. */
export function inOrder<T extends Pick<TriggerDescription, 'name' | 'uid'>>(triggers: readonly T[]): T[] {
  return [...triggers].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.uid - b.uid));
}

/** Name of a condition, LTTng's where it has the condition. */
function conditionTitle(condition: TriggerCondition): string {
  switch (condition.kind) {
    case 'channel-buffer-usage':
      return `buffer usage ${condition.comparison === 'at-least' ? 'high' : 'low'}`;
    case 'session-rotation':
      return `session rotation ${condition.phase === 'starts' ? 'ongoing' : 'completed'}`;
    default:
      return condition.kind.replaceAll('-', ' ');
  }
}

function describeTrigger(trigger: TriggerDescription): string[] {
  const { name, uid, condition, occurrences, messagesDiscarded } = trigger;
  return [
    `- name: ${name}`,
    `  owner uid: ${uid}`,
    `  condition: ${conditionTitle(condition)}`,
    ...conditionLines(condition).map((line) => `    ${line}`),
    ...(occurrences > 0 ? [`    occurrences: ${occurrences}`] : []),
    ...errorLines('    ', 'discarded tracer messages', messagesDiscarded),
    '  actions:',
    ...actionLines(trigger),
    '  errors: none',
  ];
}

function conditionLines(condition: TriggerCondition): string[] {
  switch (condition.kind) {
    case 'event-rule-matches': {
      const captures = condition.captures.map((capture) => `  - ${capture}`);
      return [ruleLine(condition.rule), ...(captures.length > 0 ? ['captures:', ...captures] : [])];
    }
    case 'channel-buffer-usage': {
      const { threshold } = condition;
      return [
        `session name: ${condition.session}`,
        `channel name: ${condition.channel}`,
        `domain: ${condition.domain ?? 'user space'}`,
        'bytes' in threshold
          ? `threshold (bytes): ${threshold.bytes}`
          : `threshold (ratio): ${threshold.ratio.toFixed(2)}`,
      ];
    }
    case 'session-consumed-size':
      return [`session name: ${condition.session}`, `threshold: ${condition.bytes} bytes`];
    case 'session-rotation':
    case 'session-trouble':
      return [`session name: ${condition.session}`];
    case 'application-exited':
      return [`process name: ${condition.procname}`, `causes: ${condition.causes.join(', ')}`];
    case 'event-rate-above':
      return [ruleLine(condition.rule), `rate: ${condition.perSecond} events a second`];
    case 'no-event-for':
      return [ruleLine(condition.rule), `period: ${condition.periodUs} us`];
    case 'event-loop-stalled':
      return [`process name: ${condition.procname}`, `period: ${condition.periodUs} us`];
  }
}

function ruleLine({ pattern, filter, logLevel, exclude }: EventRule): string {
  const parts = [
    'type: user tracepoint',
    ...(filter === undefined ? [] : [`filter: ${filter}`]),
    ...(logLevel === undefined ? [] : [`log level ${describeLevels(logLevel)}`]),
    ...(exclude === undefined || exclude.length === 0 ? [] : [`exclusions: ${exclude.join(',')}`]),
  ];
  return `rule: ${pattern} (${parts.join(', ')})`;
}

function describeLevels({ from, to }: { readonly from: number; readonly to: number }): string {
  if (from === to) return `is ${levelName(to)}`;
  return from === 0 ? `at least ${levelName(to)}` : `from ${levelName(from)} to ${levelName(to)}`;
}

/** Name of a log level in `lttng list-triggers`: without prefix and number. */
function levelName(level: number): string {
  return describeLogLevel(level).replace(/^TRACE_| \(.*$/g, '');
}

function actionLines({ actions, actionStatistics }: TriggerDescription): string[] {
  return actions.flatMap((action, at) => {
    const { executions = 0, failures = 0, suppressed = 0, lastFailure = null } = actionStatistics[at] ?? {};
    return [
      `    ${actionTitle(action)}`,
      ...(executions > 0 ? [`      executions: ${executions}`] : []),
      ...(suppressed > 0 ? [`      suppressed by the rate policy: ${suppressed}`] : []),
      ...errorLines('      ', 'total execution failures', failures),
      ...(lastFailure === null ? [] : [`        last: ${lastFailure}`]),
    ];
  });
}

/** One action, with its rate policy if it has one. */
function actionTitle(action: TriggerAction): string {
  return `${actionText(action)}${policyText(action.ratePolicy)}`;
}

function actionText(action: TriggerAction): string {
  switch (action.kind) {
    case 'notify':
      return 'notify';
    case 'start-session':
    case 'stop-session':
    case 'rotate-session':
      return `${action.kind.replace('-', ' ')} \`${action.session}\``;
    case 'snapshot-session': {
      const { session, output } = action;
      const name = output?.name ?? action.name;
      const maxBytes = output?.maxBytes ?? action.maxBytes;
      return [
        `snapshot session \`${session}\``,
        ...(output === null ? [] : [`path: ${output.path}`]),
        ...(name === null ? [] : [`name: ${name}`]),
        ...(maxBytes === null ? [] : [`max size: ${maxBytes}`]),
      ].join(', ');
    }
    case 'increment':
      return `increment value of map \`${action.map}\` of session \`${action.session}\`, key: ${action.key}`;
    case 'exec':
      return `exec ${action.command.map(shellQuote).join(' ')}, timeout: ${action.timeoutMs} ms`;
    case 'webhook':
      return webhookText(action);
  }
}

/** Without the values of headers, which may be keys. */
function webhookText({ url, timeoutMs, attempts, headers = [], tokenFile }: Webhook): string {
  return [
    `webhook ${url}`,
    `timeout: ${timeoutMs} ms`,
    `attempts: ${attempts}`,
    ...(headers.length === 0 ? [] : [`headers: ${headers.map(({ name }) => name).join(' ')}`]),
    ...(tokenFile === undefined ? [] : [`token file: ${tokenFile}`]),
  ].join(', ');
}

function policyText(policy: RatePolicy): string {
  if ('onceAfter' in policy) return `, rate policy: once after ${policy.onceAfter} occurrences`;
  if ('atMost' in policy) return `, rate policy: at most ${policy.atMost} in ${formatPeriodUs(policy.periodUs)}`;
  return policy.every > 1 ? `, rate policy: every ${policy.every} occurrences` : '';
}

function errorLines(indent: string, what: string, count: number): string[] {
  return count === 0 ? [`${indent}errors: none`] : [`${indent}errors:`, `${indent}  ${what}: ${count}`];
}

/** A new trigger as the listing describes it. */
export function freshDescription(trigger: TriggerDefinition, name: string, uid: number): TriggerDescription {
  return {
    ...trigger,
    name,
    uid,
    occurrences: 0,
    messagesDiscarded: 0,
    actionStatistics: trigger.actions.map(() => ({ executions: 0, failures: 0, suppressed: 0, lastFailure: null })),
  };
}
