/**
 * Templates of counter keys: `{event_name}` and `{provider_name}` stand for the names of the event; `{{` and `}}` are
 * braces.
 *
 * @see lttng-add-trigger(1) of LTTng 2.16, incr-map-value
 */
const PARTS = /\{\{|\}\}|\{(event_name|provider_name)\}|[{}]/g;

/** The key of an event. `eventName` begins with the provider, as in LTTng. */
export function expandKeyTemplate(template: string, eventName: string): string {
  return template.replace(PARTS, (part, placeholder) => {
    if (placeholder === 'event_name') return eventName;
    if (placeholder === 'provider_name') return eventName.slice(0, Math.max(eventName.indexOf(':'), 0));
    return part === '{{' ? '{' : part === '}}' ? '}' : part;
  });
}

/** Whether the key depends on the event. */
export function namesEvent(template: string): boolean {
  return [...template.matchAll(PARTS)].some(([, placeholder]) => placeholder !== undefined);
}

/** The template from its first single brace on; undefined if it has none. */
export function strayBraceIn(template: string): string | undefined {
  const stray = [...template.matchAll(PARTS)].find(([part]) => part === '{' || part === '}');
  return stray === undefined ? undefined : template.slice(stray.index);
}
