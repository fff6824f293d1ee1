import { visibleLine } from '@ringtail/base/text';
import type { EnumerationFieldClass, FieldClass, FieldScope, IntegerRange } from '@ringtail/ctf';
import {
  contentPlace,
  elementPlace,
  integerOf,
  isTextElement,
  type Links,
  memberPlace,
  optionPlace,
  rangesByLabel,
  targetOf,
} from '@ringtail/ctf/internal';
import { isShown } from '../pretty/pretty-fields.ts';
import { prettyStyle } from '../pretty/pretty-style.ts';
import { detailsInteger } from './details-number.ts';

const SCOPE_NAMES: Readonly<Record<FieldScope, string>> = {
  'packet-header': 'Packet header',
  'packet-context': 'Packet context',
  'event-record-header': 'Event header',
  'event-record-common-context': 'Event common context',
  'event-record-specific-context': 'Event specific context',
  'event-record-payload': 'Event payload',
};

const { palette } = prettyStyle({});

/** Describes the field classes of one scope. */
export class ClassDescription {
  readonly #scope: FieldScope;
  readonly #links: readonly Links[];

  /** @param links links of the scope, then of earlier scopes */
  constructor(scope: FieldScope, links: readonly Links[]) {
    this.#scope = scope;
    this.#links = links;
  }

  /** Whether the field belongs to the event and not to the format. */
  isShown(fieldClass: FieldClass, place: string = this.#scope): boolean {
    return isShown(fieldClass, place, { links: this.#links, names: true, palette });
  }

  /** Text from the name of the type to the last line of its content, which is indented by `indent` and two more. */
  text(fieldClass: FieldClass, indent: string, place: string = this.#scope): string {
    const inner = `${indent}  `;
    switch (fieldClass.kind) {
      case 'integer':
      case 'variable-integer':
        return `${integerName(fieldClass.signed)} integer ${integerText(fieldClass)})`;
      case 'enumeration':
        return this.#enumeration(fieldClass, inner);
      case 'boolean':
        return 'Boolean';
      case 'bit-array':
        return `Bit array (${fieldClass.bits}-bit)`;
      case 'float':
        return fieldClass.bits === 32 ? 'Single-precision real' : 'Double-precision real';
      case 'string':
        return 'String';
      case 'structure': {
        const members = fieldClass.members.filter((m) => this.isShown(m.fieldClass, memberPlace(place, m.name)));
        const lines = members.map(
          (m) => `\n${inner}${visibleLine(m.name)}: ${this.text(m.fieldClass, inner, memberPlace(place, m.name))}`,
        );
        return `Structure (${counted(members.length, 'member')})${lines.length > 0 ? ':' : ''}${lines.join('')}`;
      }
      case 'static-array':
      case 'dynamic-array': {
        if (isTextElement(fieldClass.element)) return 'String';
        const kind =
          fieldClass.kind === 'static-array'
            ? `Static array (Length ${detailsInteger(fieldClass.length)})`
            : `Dynamic array (with length field) (Length field location ${this.#location(place)})`;
        return `${kind}:\n${inner}Element: ${this.text(fieldClass.element, inner, elementPlace(place))}`;
      }
      case 'static-blob':
        return `Static BLOB (Length ${detailsInteger(fieldClass.length)}, ${mediaType(fieldClass)})`;
      case 'dynamic-blob':
        return `Dynamic BLOB (with length field) (Length field location ${this.#location(place)}, ${mediaType(fieldClass)})`;
      case 'optional': {
        const content = this.text(fieldClass.content, inner, contentPlace(place));
        const ranges =
          fieldClass.ranges === undefined ? '' : `${inner}Selector ranges:${rangesText(fieldClass.ranges)}\n`;
        const selector = this.#selectorName(place);
        return `Option (${selector} selector) (Selector field location ${this.#location(place)}):\n${ranges}${inner}Content: ${content}`;
      }
      case 'variant': {
        const target = this.#target(place);
        const lines = fieldClass.options.map((option, i) => {
          const ranges = option.ranges ?? rangesOfLabel(target, option.name);
          // CTF 1.8 names options like labels; both may have an underscore that is not part of the name.
          const name = option.ranges === undefined ? option.name.replace(/^_/, '') : option.name;
          const text = this.text(option.fieldClass, inner, optionPlace(place, option.name, i));
          return `\n${inner}${visibleLine(name)}:${rangesText(ranges)}: ${text}`;
        });
        const selector = `Selector field location ${this.#location(place)}`;
        return `Variant (${this.#selectorName(place)} selector) (${counted(lines.length, 'option')}, ${selector}):${lines.join('')}`;
      }
    }
  }

  #enumeration(fieldClass: EnumerationFieldClass, inner: string): string {
    const labels = [...rangesByLabel(fieldClass)].sort(([a], [b]) => compareBytes(a, b));
    const lines = labels.map(([label, ranges]) => `\n${inner}${visibleLine(label)}:${rangesText(ranges)}`);
    const mappings = counted(labels.length, 'mapping');
    return `${integerName(fieldClass.container.signed)} enumeration ${integerText(fieldClass.container)}, ${mappings})${lines.length > 0 ? ':' : ''}${lines.join('')}`;
  }

  /** The field that the one at this place depends on, by all names that lead to it from the root of its scope. */
  #location(place: string): string {
    const { scope, names } = targetOf(place, this.#links);
    return `[${SCOPE_NAMES[scope]}: ${visibleLine(names.join(', '))}]`;
  }

  #target(place: string): FieldClass | undefined {
    return this.#links
      .map(({ references }) => references.get(place)?.targets[0])
      .find((target) => target !== undefined);
  }

  #selectorName(place: string): string {
    const target = this.#target(place);
    const integer = target && integerOf(target);
    return integer === undefined ? 'boolean' : `${integer.signed ? 'signed' : 'unsigned'} integer`;
  }
}

function mediaType({ mediaType: type = 'application/octet-stream' }: { readonly mediaType?: string }): string {
  return `Media type \`${visibleLine(type)}\``;
}

function integerName(isSigned: boolean): string {
  return isSigned ? 'Signed' : 'Unsigned';
}

/** Without the closing parenthesis. */
function integerText(integer: NonNullable<ReturnType<typeof integerOf>>): string {
  return `(${integer.kind === 'integer' ? integer.bits : 64}-bit, Base ${integer.base}`;
}

function counted(count: number, what: string): string {
  return `${detailsInteger(count)} ${what}${count === 1 ? '' : 's'}`;
}

function rangesOfLabel(fieldClass: FieldClass | undefined, label: string): readonly IntegerRange[] {
  return fieldClass?.kind === 'enumeration' ? (rangesByLabel(fieldClass).get(label) ?? []) : [];
}

function rangesText(ranges: readonly IntegerRange[]): string {
  const sorted = ranges.toSorted((a, b) =>
    a.lower < b.lower ? -1 : a.lower > b.lower ? 1 : a.upper < b.upper ? -1 : 1,
  );
  return sorted
    .map(({ lower, upper }) => ` [${detailsInteger(lower)}${lower === upper ? '' : `, ${detailsInteger(upper)}`}]`)
    .join('');
}

/** As C compares texts of UTF-8: by their code points. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === length) return a.length - b.length;
  return codePointOrder(a.charCodeAt(at)) - codePointOrder(b.charCodeAt(at));
}

/** Surrogates stand for code points beyond all others. */
function codePointOrder(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
