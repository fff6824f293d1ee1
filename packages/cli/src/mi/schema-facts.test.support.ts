import { schemaViolations } from './schema-check.test.support.ts';

/** What LTTng's machine-interface schema (version 4.3) says of the elements that we write. */
const TYPES: Readonly<Record<string, string>> = {
  command: 'name:command-name! output:output! success:boolean',
  output: `channel:channel channels:channels contexts:contexts domains:domains events:events
    export-maps:>exported-maps load:load
    process_attr_trackers:trackers reclaim_channels:empty regenerate_action:regeneration rotation:>rotation
    rotation_schedule_results:>schedule-results save:saved session:session sessions:sessions show-maps:show-maps
    snapshot:snapshot snapshot_action:>snapshot-action trigger:trigger triggers:triggers version:version`,
  sessions: 'session:session*',
  session: `name:name! path:text enabled:boolean snapshot_mode:u32 live_timer_interval:u32 trace_format:format
    domains:domains snapshots:snapshots rotation_schedules:schedule`,
  domains: 'domain:domain*',
  domain: `type:domain-type! buffer_type:buffer-type! pids:pids channels:channels map_channels:map-channels
    events:events process_attr_trackers:trackers`,
  'map-channels': 'map_channel:map-channel*',
  'map-channel': `name:text! enabled:boolean value_type:map-value-type! max_key_count:u64! update_policy:map-update-policy!
    buffer_ownership:map-ownership dead_group_policy:dead-group-policy`,
  '>exported-maps': 'output:text!',
  pids: 'pid:pid*',
  pid: 'id:i32! name:name! events:events',
  channels: 'channel:channel*',
  channel: `name:name! enabled:boolean attributes:attributes events:events data_stream_info_sets:memory-sets
    success:boolean`,
  'memory-sets': 'total_memory_usage_bytes:u64! sets:memory-set-list!',
  'memory-set-list': 'data_stream_info_set:memory-set*',
  'memory-set': 'uid:memory-uid pid:u32 total_memory_usage_bytes:u64! data_stream_info_list:memory-list!',
  'memory-uid': 'id:u32!',
  'memory-list': 'data_stream_info:memory*',
  memory: 'cpu_id:u32 memory_usage_bytes:u64!',
  attributes: `overwrite_mode:mode subbuffer_size:u64 subbuffer_count:u64 switch_timer_interval:u32
    read_timer_interval:u32! output_type:output-type! tracefile_size:u64 tracefile_count:u64 live_timer_interval:u32
    discarded_events:u64 lost_packets:u64 monitor_timer_interval:u64 blocking_timeout:timeout
    preallocation_policy:preallocation reclaim_policy:|reclaim-policy`,
  '|reclaim-policy': 'periodic:reclaim-periodic consumed:empty',
  'reclaim-periodic': 'age_threshold:u64!',
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
  'tracked-value': 'id:u32 name:text all:boolean',
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
  regeneration: 'name:regenerate-name',
  version: `name:name! string:name! major:u32! minor:u32! patchLevel:u32! commit:text! url:text! license:text!
    description:text!`,
  triggers: 'trigger:trigger*',
  trigger: 'action:action! condition:condition! name:text! owner_uid:u32! error_query_results:error-results',
  action: `action_list:action-list action_notify:notify-action action_rotate_session:session-action
    action_snapshot_session:snapshot-session-action action_start_session:session-action action_stop_session:session-action
    action_increment_map_value:increment-action error_query_results:error-results`,
  'action-list': 'action:action*',
  'notify-action': 'rate_policy:rate-policy!',
  'session-action': 'rate_policy:rate-policy! session_name:text!',
  'snapshot-session-action': 'rate_policy:rate-policy! session_name:text! output:action-output',
  'action-output': 'max_size:u64 name:name session_name:name ctrl_url:text data_url:text',
  'increment-action': 'session_name:text! channel_type:map-type! channel_name:text! key_template:text!',
  'rate-policy': 'rate_policy_every_n:every-n rate_policy_once_after_n:once-after-n',
  'every-n': 'interval:u64!',
  'once-after-n': 'threshold:u64!',
  condition: `condition_buffer_usage_high:buffer-usage condition_buffer_usage_low:buffer-usage
    condition_event_rule_matches:rule-matches condition_session_consumed_size:consumed-size
    condition_session_rotation_completed:session-name condition_session_rotation_ongoing:session-name
    error_query_results:error-results`,
  'buffer-usage': 'session_name:text! channel_name:text! domain:domain-type! threshold_bytes:u64 threshold_ratio:ratio',
  'consumed-size': 'session_name:text! threshold_bytes:u64!',
  'session-name': 'session_name:text!',
  'rule-matches': 'capture_descriptors:captures! event_rule:event-rule!',
  'event-rule': 'event_rule_user_tracepoint:user-tracepoint!',
  'user-tracepoint': `name_pattern:text! filter_expression:text log_level_rule:level-rule
    name_pattern_exclusions:pattern-exclusions`,
  'level-rule': 'log_level_rule_exactly:level log_level_rule_at_least_as_severe_as:level',
  level: 'level:i32!',
  'pattern-exclusions': 'name_pattern_exclusion:text*',
  captures: 'event_expr:expression*',
  expression: `event_expr_payload_field:named event_expr_channel_context_field:named
    event_expr_app_specific_context_field:app-field event_expr_array_field_element:element`,
  named: 'name:text!',
  'app-field': 'provider_name:text! type_name:text!',
  element: 'index:u64! event_expr:expression!',
  'error-results': 'error_query_result:error-result*',
  'error-result': 'name:text! description:text! error_query_result_counter:counter!',
  counter: 'value:u64!',
  'show-maps': 'per_channel_map_table:>channel-table* per_owner_map_table:>owner-table*',
  '>channel-table': `session_name:text! channel_name:text! channel_type:map-type! map_groups:map-groups! part_ids:empty!
    rows:map-rows!`,
  '>owner-table': `session_name:text! channel_name:text! channel_type:map-type! map_group:>map-group! part_ids:empty!
    rows:map-rows!`,
  'map-groups': 'map_group:>map-group*',
  '>map-group': 'type:map-group-type! effective_value_type:map-value-type! owner_id:u32 owner_name:text',
  'map-rows': 'row:map-row*',
  'map-row': 'key:text! value:i64!',
  empty: '',
};

const VALUES: Readonly<Record<string, RegExp>> = {
  text: /^/,
  name: /^[\s\S]{0,255}$/,
  boolean: /^(true|false|0|1)$/,
  u32: /^\d{1,10}$/,
  i32: /^-?\d{1,10}$/,
  i64: /^-?\d{1,19}$/,
  ratio: /^(0(\.\d+)?|1(\.0*)?)$/,
  'map-type': /^(kernel|user)$/,
  'map-value-type': /^signed-int-(32|64|max)$/,
  'map-update-policy': /^per-(event|rule-match)$/,
  'map-ownership': /^per-[up]id$/,
  'dead-group-policy': /^(drop|sum-into-shared)$/,
  'map-group-type': /^(kernel-global|user-per-user|user-per-process|shared)$/,
  u64: /^\d{1,20}$/,
  timeout: /^(-1|\d{1,13})$/,
  format: /^CTF_(1_8|2)$/,
  mode: /^(DISCARD|OVERWRITE)$/,
  preallocation: /^(PREALLOCATE|ON_DEMAND)$/,
  'command-name':
    /^(add-(context|map-channel|trigger)|clear|create|destroy|(dis|en)able-(channel|event|rotation)|export-maps|list|list-trigger|load|metadata|reclaim-memory|regenerate|remove-trigger|rotate|save|set-session|show-maps|snapshot|start|stop|track|untrack|version)$/,
  'domain-type': /^(KERNEL|UST|JUL|LOG4J2?|PYTHON)$/,
  'buffer-type': /^(PER_PID|PER_UID|GLOBAL)$/,
  'output-type': /^(SPLICE|MMAP)$/,
  'event-type': /^(ALL|TRACEPOINT|SYSCALL)$/,
  'loglevel-type': /^(ALL|RANGE|SINGLE)$/,
  loglevel:
    /^(|UNKNOWN|TRACE_(EMERG|ALERT|CRIT|ERR|WARNING|NOTICE|INFO|DEBUG(_(SYSTEM|PROGRAM|PROCESS|MODULE|UNIT|FUNCTION|LINE))?))$/,
  'field-type': /^(OTHER|INTEGER|ENUM|FLOAT|STRING)$/,
  'context-type':
    /^(PID|PROCNAME|PRIO|NICE|V?P?PID|V?TID|PTHREAD_ID|HOSTNAME|IP|(CGROUP|IPC|MNT|NET|PID|TIME|USER|UTS)_NS|V?[ES]?[UG]ID)$/,
  'snapshot-action-name': /^(record|(add|list|del)-output)$/,
  'rotation-state': /^(ONGOING|COMPLETED|EXPIRED|ERROR)$/,
  'regenerate-name': /^(metadata|statedump)$/,
};

/** What of a document is not as the schema has it, in words; empty if it is valid. */
export function violations(document: string): string[] {
  return schemaViolations({ root: 'command', rootType: 'command', types: TYPES, values: VALUES }, document);
}
