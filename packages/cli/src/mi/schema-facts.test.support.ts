import { XMLParser, XMLValidator } from 'fast-xml-parser';

/**
 * What LTTng's machine-interface schema (version 4.3) says of the elements that we write: for each type of element the
 * elements in it with their types, `!` behind those that must be there, `*` behind those of which there may be many. A type
 * whose name begins with `>` has its elements in this order.
 */
const TYPES: Readonly<Record<string, string>> = {
  command: 'name:command-name! output:output! success:boolean',
  output: `channel:channel channels:channels contexts:contexts domains:domains events:events load:load
    process_attr_trackers:trackers reclaim_channels:empty regenerate_action:action rotation:>rotation
    rotation_schedule_results:>schedule-results save:saved session:session sessions:sessions snapshot:snapshot
    snapshot_action:>snapshot-action version:version`,
  sessions: 'session:session*',
  session: `name:name! path:text enabled:boolean snapshot_mode:u32 live_timer_interval:u32 trace_format:format
    domains:domains snapshots:snapshots rotation_schedules:schedule`,
  domains: 'domain:domain*',
  domain: `type:domain-type! buffer_type:buffer-type! pids:pids channels:channels events:events
    process_attr_trackers:trackers`,
  pids: 'pid:pid*',
  pid: 'id:i32! name:name! events:events',
  channels: 'channel:channel*',
  channel: 'name:name! enabled:boolean attributes:attributes events:events success:boolean',
  attributes: `overwrite_mode:mode subbuffer_size:u64 subbuffer_count:u64 switch_timer_interval:u32
    read_timer_interval:u32! output_type:output-type! tracefile_size:u64 tracefile_count:u64 live_timer_interval:u32
    discarded_events:u64 lost_packets:u64 monitor_timer_interval:u64 blocking_timeout:timeout
    preallocation_policy:preallocation`,
  events: 'event:event*',
  event: `type:event-type name:name loglevel_type:loglevel-type loglevel:loglevel enabled:boolean filter_expression:text
    exclusions:exclusions event_fields:fields success:boolean`,
  exclusions: 'exclusion:text*',
  fields: 'event_field:field*',
  field: 'name:name! type:field-type! nowrite:i32!',
  contexts: 'context:>context*',
  '>context': 'type:context-type perf:perf app:app symbol:text success:boolean',
  perf: 'type:u32! config:u64! name:name!',
  app: 'provider_name:text! ctx_name:text!',
  trackers: 'vpid_process_attr_tracker:vpids vuid_process_attr_tracker:vuids vgid_process_attr_tracker:vgids',
  vpids: 'process_attr_values:vpid-values',
  vuids: 'process_attr_values:vuid-values',
  vgids: 'process_attr_values:vgid-values',
  'vpid-values': 'vpid:tracked*',
  'vuid-values': 'vuid:tracked*',
  'vgid-values': 'vgid:tracked*',
  tracked: 'type:tracked-value success:boolean',
  'tracked-value': 'id:u32 name:text',
  snapshots: 'snapshot:snapshot*',
  snapshot: 'id:u32 max_size:u64 name:name session_name:name ctrl_url:text data_url:text',
  '>snapshot-action': 'name:snapshot-action-name output:output',
  schedule: 'periodic:periodic* size_threshold:size-threshold*',
  periodic: 'time_us:u64',
  'size-threshold': 'bytes:u64',
  '>schedule-results': 'session_name:name! rotation_schedule_result:>schedule-result*',
  '>schedule-result': 'rotation_schedule:schedule! success:boolean!',
  '>rotation': 'session_name:name! state:rotation-state! location:location',
  location: 'local:local',
  local: 'absolute_path:text!',
  saved: 'session:session! path:text!',
  load: 'session:session! path:text! overrides:empty!',
  action: 'name:regenerate-name',
  version: `name:name! string:name! major:u32! minor:u32! patchLevel:u32! commit:text! url:text! license:text!
    description:text!`,
  empty: '',
};

const VALUES: Readonly<Record<string, RegExp>> = {
  text: /^/,
  name: /^[\s\S]{0,255}$/,
  boolean: /^(true|false|0|1)$/,
  u32: /^\d{1,10}$/,
  i32: /^-?\d{1,10}$/,
  u64: /^\d{1,20}$/,
  timeout: /^(-1|\d{1,13})$/,
  format: /^CTF_(1_8|2)$/,
  mode: /^(DISCARD|OVERWRITE)$/,
  preallocation: /^(PREALLOCATE|ON_DEMAND)$/,
  'command-name':
    /^(add-context|clear|create|destroy|(dis|en)able-(channel|event|rotation)|list|load|reclaim-memory|regenerate|rotate|save|set-session|snapshot|start|stop|track|untrack|version)$/,
  'domain-type': /^(KERNEL|UST|JUL|LOG4J2?|PYTHON)$/,
  'buffer-type': /^(PER_PID|PER_UID|GLOBAL)$/,
  'output-type': /^(SPLICE|MMAP)$/,
  'event-type': /^(ALL|TRACEPOINT)$/,
  'loglevel-type': /^(ALL|RANGE|SINGLE)$/,
  loglevel:
    /^(|UNKNOWN|TRACE_(EMERG|ALERT|CRIT|ERR|WARNING|NOTICE|INFO|DEBUG(_(SYSTEM|PROGRAM|PROCESS|MODULE|UNIT|FUNCTION|LINE))?))$/,
  'field-type': /^(OTHER|INTEGER|ENUM|FLOAT|STRING)$/,
  'context-type':
    /^(PID|PROCNAME|PRIO|NICE|V?P?PID|V?TID|PTHREAD_ID|HOSTNAME|IP|(CGROUP|IPC|MNT|NET|PID|TIME|USER|UTS)_NS|V?[ES]?[UG]ID|CPU_ID)$/,
  'snapshot-action-name': /^(record|(add|list|del)-output)$/,
  'rotation-state': /^(ONGOING|COMPLETED|EXPIRED|ERROR)$/,
  'regenerate-name': /^(metadata|statedump)$/,
};

type Parsed = readonly { readonly [name: string]: unknown }[];
const parser = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: false, ignoreAttributes: false });

/** What of a document is not as the schema has it, in words; empty if it is valid. */
export function violations(document: string): string[] {
  const valid = XMLValidator.validate(document);
  if (valid !== true) return [valid.err.msg];
  const roots = (parser.parse(document) as Parsed).filter((node) => 'command' in node);
  return roots.length === 1
    ? check('command', 'command', roots[0]?.command as Parsed)
    : ['the root is not one command'];
}

function check(place: string, type: string, content: Parsed): string[] {
  const text = content.map((node) => node['#text'] ?? '').join('');
  const children = content.filter((node) => !('#text' in node)).map((node) => Object.entries(node)[0]!);
  const pattern = VALUES[type];
  if (pattern !== undefined) {
    return children.length === 0 && pattern.test(text) ? [] : [`${place}: "${text}" is no ${type}`];
  }
  const rules = [...(TYPES[type] as string).matchAll(/([\w-]+):([>\w-]+)([!*]?)/g)].map(([, name, of, mark]) => ({
    name: name as string,
    of: of as string,
    mark,
  }));
  const names = children.map(([name]) => name);
  const found = text.trim() === '' ? [] : [`${place}: has text`];
  for (const { name, mark } of rules) {
    const count = names.filter((one) => one === name).length;
    if (mark === '!' && count === 0) found.push(`${place}: lacks ${name}`);
    if (mark !== '*' && count > 1) found.push(`${place}: has ${name} ${count} times`);
  }
  const order = rules.map(({ name }) => name);
  const ranks = names.map((name) => order.indexOf(name));
  if (type.startsWith('>') && ranks.some((rank, i) => i > 0 && rank < (ranks[i - 1] as number))) {
    found.push(`${place}: ${names.join(', ')} are out of order`);
  }
  for (const [name, inside] of children) {
    const rule = rules.find((one) => one.name === name);
    if (rule === undefined) found.push(`${place}: has ${name}, which the schema does not know`);
    else found.push(...check(`${place} › ${name}`, rule.of, inside as Parsed));
  }
  return found;
}
