import { schemaViolations } from '../../packages/cli/src/mi/schema-check.test.support.ts';

/** Facts of LTTng's schema of saved sessions (version 2.16) about the elements that Ringtail writes. */
const TYPES: Readonly<Record<string, string>> = {
  '>sessions': 'session:session* triggers:triggers',
  session: `name:name! shared_memory_path:text trace_format:format domains:domains started:boolean attributes:attributes
    output:|output`,
  domains: 'domain:domain*',
  domain: `type:domain-type! buffer_type:buffer-type! channels:channels map_channels:map-channels
    process_attr_trackers:trackers`,
  channels: 'channel:channel*',
  channel: `name:name! enabled:boolean overwrite_mode:mode subbuffer_size:u64 subbuffer_count:u64 switch_timer_interval:u32
    read_timer_interval:u32! blocking_timeout:timeout output_type:output-type! tracefile_size:u64 tracefile_count:u64
    live_timer_interval:u32 events:events contexts:contexts monitor_timer_interval:u64 preallocation_policy:preallocation
    reclaim_policy:|reclaim-policy`,
  '|reclaim-policy': 'periodic:reclaim-periodic consumed:empty',
  'reclaim-periodic': 'age_threshold:positive!',
  events: 'event:event*',
  event:
    'name:name enabled:boolean type:event-type loglevel_type:loglevel-type loglevel:i32 filter:text exclusions:exclusions',
  exclusions: 'exclusion:text*',
  contexts: 'context:|context*',
  '|context': 'type:context-type perf:perf app:app',
  perf: 'type:u32! config:u64! name:name!',
  app: 'provider_name:text! ctx_name:text!',
  'map-channels': 'map_channel:map-channel*',
  'map-channel': `name:name! key_type:key-type! value_type:value-type! update_policy:update-policy! max_entry_count:u64!
    buffer_ownership:ownership dead_group_policy:dead-group-policy`,
  trackers: 'vpid_process_attr_tracker:vpids vuid_process_attr_tracker:vuids vgid_process_attr_tracker:vgids',
  vpids: 'process_attr_values:vpid-values!',
  vuids: 'process_attr_values:vuid-values!',
  vgids: 'process_attr_values:vgid-values!',
  'vpid-values': 'vpid:tracked*',
  'vuid-values': 'vuid:tracked*',
  'vgid-values': 'vgid:tracked*',
  tracked: 'id:u32!',
  attributes: 'snapshot_mode:boolean live_timer_interval:u32 rotation_schedules:schedules',
  schedules: 'periodic:periodic* size_threshold:size-threshold*',
  periodic: 'time_us:u64',
  'size-threshold': 'bytes:u64',
  '|output': 'snapshot_outputs:snapshot-outputs consumer_output:consumer-output',
  'snapshot-outputs': 'output:snapshot-output*',
  'snapshot-output': 'name:name! max_size:u64! consumer_output:consumer-output!',
  'consumer-output': 'enabled:boolean! destination:destination!',
  destination: 'path:text!',
  triggers: 'trigger:trigger*',
  trigger: 'action:|action! condition:|condition! name:text!',
  '|action': `action_list:action-list action_notify:notify action_rotate_session:on-session action_snapshot_session:snapshot
    action_start_session:on-session action_stop_session:on-session action_increment_map_value:increment`,
  'action-list': 'action:|action*',
  notify: 'rate_policy:|rate-policy!',
  'on-session': 'rate_policy:|rate-policy! session_name:text!',
  snapshot: 'rate_policy:|rate-policy! session_name:text! output:action-output',
  'action-output': 'max_size:u64 name:name session_name:name ctrl_url:text data_url:text',
  increment: 'session_name:text! channel_type:map-type! channel_name:text! key_template:text!',
  '|rate-policy': 'rate_policy_every_n:every-n rate_policy_once_after_n:once-after-n',
  'every-n': 'interval:u64!',
  'once-after-n': 'threshold:u64!',
  '|condition': `condition_buffer_usage_high:buffer-usage condition_buffer_usage_low:buffer-usage
    condition_event_rule_matches:rule-matches condition_session_consumed_size:consumed-size
    condition_session_rotation_completed:session-name condition_session_rotation_ongoing:session-name`,
  'buffer-usage': 'session_name:text! channel_name:text! domain:domain-type! threshold_bytes:u64 threshold_ratio:ratio',
  'consumed-size': 'session_name:text! threshold_bytes:u64!',
  'session-name': 'session_name:text!',
  'rule-matches': 'capture_descriptors:captures! event_rule:|event-rule!',
  '|event-rule': 'event_rule_user_tracepoint:user-tracepoint',
  'user-tracepoint': `name_pattern:text! filter_expression:text log_level_rule:|level-rule
    name_pattern_exclusions:pattern-exclusions`,
  '|level-rule': 'log_level_rule_exactly:level log_level_rule_at_least_as_severe_as:level',
  level: 'level:i32!',
  'pattern-exclusions': 'name_pattern_exclusion:text*',
  captures: 'event_expr:|expression*',
  '|expression': `event_expr_payload_field:named event_expr_channel_context_field:named
    event_expr_app_specific_context_field:app-field event_expr_array_field_element:element`,
  named: 'name:text!',
  'app-field': 'provider_name:text! type_name:text!',
  element: 'index:u64! event_expr:|expression!',
};

const VALUES: Readonly<Record<string, RegExp>> = {
  text: /^/,
  name: /^[\s\S]{0,255}$/,
  boolean: /^(true|false|0|1)$/,
  empty: /^$/,
  positive: /^[1-9]\d{0,19}$/,
  u32: /^\d{1,10}$/,
  u64: /^\d{1,20}$/,
  i32: /^-?\d{1,10}$/,
  ratio: /^(0(\.\d+)?|1(\.0*)?)(e-\d+)?$/,
  timeout: /^(-1|\d{1,13})$/,
  format: /^CTF_(1_8|2)$/,
  preallocation: /^(PREALLOCATE|ON_DEMAND)$/,
  mode: /^(DISCARD|OVERWRITE)$/,
  'domain-type': /^(KERNEL|UST|JUL|LOG4J2?|PYTHON)$/,
  'buffer-type': /^(PER_PID|PER_UID|GLOBAL)$/,
  'output-type': /^(SPLICE|MMAP)$/,
  'event-type': /^(ALL|TRACEPOINT)$/,
  'loglevel-type': /^(ALL|RANGE|SINGLE)$/,
  'context-type':
    /^(PID|PROCNAME|PRIO|NICE|V?P?PID|V?TID|PTHREAD_ID|HOSTNAME|IP|APP|INTERRUPTIBLE|PREEMPTIBLE|NEED_RESCHEDULE|MIGRATABLE|CALLSTACK_(USER|KERNEL)|CPU_ID)$/,
  'key-type': /^STRING$/,
  'value-type': /^SIGNED_INT_(32|64|MAX)$/,
  'update-policy': /^PER_(EVENT|RULE_MATCH)$/,
  ownership: /^PER_[UP]ID$/,
  'dead-group-policy': /^(DROP|SUM_INTO_SHARED)$/,
  'map-type': /^(kernel|user)$/,
};

/** Differences between a file and the schema, as sentences; empty if it is valid. */
export function sessionFileViolations(document: string): string[] {
  return schemaViolations({ root: 'sessions', rootType: '>sessions', types: TYPES, values: VALUES }, document);
}
