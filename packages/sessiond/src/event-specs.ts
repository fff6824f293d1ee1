import type { JsonValue } from '@ringtail/protocol';
import { EVENT_SPECS_LENGTH_MAX } from './limits.ts';

/**
 * The descriptions of events of a session, equal ones kept once: each of a thousand processes of one program declares them
 * anew, and what was declared is kept for a consumer that has to be started again.
 */
export class EventSpecs {
  readonly #byText = new Map<string, JsonValue>();
  #length = 0;

  /** A description with this canonical text: the one that there is, or this one. */
  shared(text: string, spec: JsonValue): JsonValue {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    if (this.#length + text.length <= EVENT_SPECS_LENGTH_MAX) {
      this.#byText.set(text, spec);
      this.#length += text.length;
    }
    return spec;
  }
}
