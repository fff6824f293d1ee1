import { durationNs, type LogNode, logDurationNs, type SpanNode, type SpanTreeData } from '@ringtail/analyses';
import { type Instant, nanosecondsOf } from '@ringtail/base';

interface JsonNode {
  readonly [name: string]: unknown;
}

/** The tree for programs. Durations are nanoseconds; times are nanoseconds from the origin of the clock, as text. */
export function treeJson({ root, leftOut }: SpanTreeData) {
  return { process: root.span.resource.attributes, leftOut, root: nodeJson(root) };
}

function nodeJson(node: SpanNode | LogNode): JsonNode {
  if ('log' in node) {
    const { log } = node;
    return {
      type: 'event',
      name: log.name,
      begin: timeJson(log.begin ?? log.at),
      durationNs: logDurationNs(log) ?? null,
      message: log.body ?? null,
      attributes: log.attributes,
    };
  }
  const { span, children } = node;
  return {
    type: 'span',
    name: span.name,
    begin: timeJson(span.begin),
    durationNs: durationNs(span),
    error: span.error ?? null,
    attributes: span.attributes,
    children: children.map(nodeJson),
  };
}

function timeJson(instant: Instant): string {
  return nanosecondsOf(instant).toString();
}
