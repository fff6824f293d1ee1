import { isStructured, jsonOf, plainCopy } from '../loggers/plain-value.ts';
import { isSecretName } from '../secret-names.ts';

/** Attributes of one span, log or other record of OpenTelemetry, as the SDK keeps them. */
export type SdkAttributes = Readonly<Record<string, unknown>>;

/** OpenTelemetry's own default limit. */
const COUNT_MAX = 128;
const ELEMENTS_MAX = 64;
const TEXT_LENGTH_MAX = 4096;
const { keys, defineProperty } = Object;
const { isArray } = Array;

/** Attributes with headers that hold sessions of users. */
const COOKIES = /^http\.(request|response)\.header\.(set-)?cookie$/i;
/** Attributes that hold addresses, and those that hold only their query. */
const ADDRESSES = new Set(['url.full', 'http.url', 'http.target']);
const QUERY = 'url.query';

/** Texts of the attributes of one record. They share a limit of their length. */
export class AttributeTexts {
  #lengthLeft: number;
  /** Values that were shortened. */
  cut = 0;

  /** @param lengthMax characters of all names and values together */
  constructor(lengthMax: number) {
    this.#lengthLeft = lengthMax;
  }

  /**
   * Attributes as JSON, without secrets and values of queries.
   *
   * @returns also the number of attributes that were left out
   */
  of(attributes: SdkAttributes | undefined): { readonly text: string; readonly dropped: number } {
    const names = isStructured(attributes) ? keys(attributes) : [];
    const copy = {};
    let count = 0;
    for (let i = 0; i < names.length && count < COUNT_MAX; i++) {
      const name = names[i] as string;
      if (name === QUERY || isSecretName(name) || COOKIES.test(name) || name.length >= this.#lengthLeft) continue;
      const value = this.#valueOf(attributes as SdkAttributes, name);
      if (value === undefined) continue;
      this.#lengthLeft -= name.length;
      defineProperty(copy, name, { value, enumerable: true });
      count++;
    }
    return { text: jsonOf([copy]), dropped: names.length - count };
  }

  /** A single text. */
  text(value: unknown): string {
    return typeof value === 'string' ? this.#taken(value) : '';
  }

  #valueOf(attributes: SdkAttributes, name: string): unknown {
    try {
      const value = attributes[name];
      if (typeof value === 'string') return this.#taken(ADDRESSES.has(name) ? this.#withoutQuery(value) : value);
      if (isArray(value)) return this.#list(value);
      return isStructured(value) ? this.#structure(value) : plainCopy(value);
    } catch {
      // A value with code of the program that throws.
      return undefined;
    }
  }

  #withoutQuery(address: string): string {
    const at = address.indexOf('?');
    if (at < 0) return address;
    this.cut++;
    return address.slice(0, at);
  }

  #list(values: readonly unknown[]): unknown[] {
    if (values.length > ELEMENTS_MAX) this.cut++;
    const list: unknown[] = [];
    for (let i = 0; i < values.length && i < ELEMENTS_MAX; i++) {
      const value = values[i];
      list.push(typeof value === 'string' ? this.#taken(value) : plainCopy(value));
    }
    return list;
  }

  /** Logs have values that are objects. */
  #structure(value: object): unknown {
    const copy = plainCopy(value);
    const { length } = jsonOf([copy]);
    if (length > this.#lengthLeft) {
      this.cut++;
      return '…';
    }
    this.#lengthLeft -= length;
    return copy;
  }

  #taken(text: string): string {
    const lengthMax = Math.min(TEXT_LENGTH_MAX, this.#lengthLeft);
    this.#lengthLeft -= Math.min(text.length, lengthMax);
    if (text.length <= lengthMax) return text;
    this.cut++;
    return `${text.slice(0, lengthMax)}…`;
  }
}
