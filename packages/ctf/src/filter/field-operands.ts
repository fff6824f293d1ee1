import type { ScalarSpec } from '../encode/scalar.ts';
import { labelTable } from '../encode/values.ts';
import { beginsWithList, type FilterScope, findPlace, type PlaceLeaf, type PlaceStep } from './argument-place.ts';
import type { FilterField } from './filter-ast.ts';
import type { FilterBlock, Operand } from './filter-block.ts';

/** Generates the text that reads the fields and contexts which a filter names. */
export class FieldOperands {
  readonly #block: FilterBlock;
  readonly #scope: FilterScope;
  readonly #argumentNames: readonly string[];

  /** @param argumentNames one identifier per field of the scope */
  constructor(block: FilterBlock, scope: FilterScope, argumentNames: readonly string[]) {
    this.#block = block;
    this.#scope = scope;
    this.#argumentNames = argumentNames;
  }

  /** Undefined if the field is missing in all events: the text has left the block. */
  operand(field: FilterField): Operand | undefined {
    const place = findPlace(field, this.#scope);
    if (place === undefined) return this.#block.missing();
    let value: string;
    if (place.root.kind === 'argument') {
      value = this.#argumentNames[place.root.index] as string;
      if (beginsWithList(place)) this.#block.lines.push(`if (${value} != null) ${value} = toList(${value});`);
    } else {
      const { context } = place.root;
      if (context.inline === undefined) value = `${this.#block.constant('context', context)}.read()`;
      else {
        value = context.inline.expression;
        for (const [name, constant] of Object.entries(context.inline.constants))
          this.#block.constants.set(name, constant);
      }
      value = this.#block.local('context', value);
    }
    for (const step of place.steps) value = this.#step(step, value);
    return this.#leaf(place.leaf, value);
  }

  #step(step: PlaceStep, value: string): string {
    switch (step.kind) {
      case 'member':
        return this.#block.local('member', `${value}[${JSON.stringify(step.name)}]`);
      case 'present':
        this.#block.leaveIf(`${value} === undefined || ${value} === null`);
        return value;
      case 'byte': {
        const bytes = this.#block.local('bytes', `toBytes(${value})`);
        this.#block.leaveIf(`!(${step.index} < ${bytes}.length)`);
        return `${bytes}[${step.index}]`;
      }
      case 'element': {
        const list = this.#block.local('list', `toList(${value})`);
        const isThere = `${step.index} < ${list}.length`;
        if (step.filler === undefined) {
          this.#block.leaveIf(`!(${isThere})`);
          return this.#block.local('element', `${list}[${step.index}]`);
        }
        const filler = this.#block.constant('filler', step.filler.value);
        return this.#block.local('element', `${isThere} ? ${list}[${step.index}] : ${filler}`);
      }
    }
  }

  #leaf(leaf: PlaceLeaf, value: string): Operand {
    switch (leaf.kind) {
      case 'scalar': {
        const { kind, code } = this.#scalar(leaf.spec, value);
        return { kind, code: this.#block.local('field', code) };
      }
      case 'text':
        return { kind: 'text', code: this.#block.local('text', `toText(${value})`) };
      case 'presence':
        return { kind: 'truth', code: `(${value} !== undefined && ${value} !== null)` };
      case 'dynamic': {
        const dynamic = this.#block.local('dynamic', `dynamicOperand(${value})`);
        this.#block.leaveIf(`${dynamic} === undefined`);
        return { kind: 'dynamic', code: dynamic };
      }
      case 'length': {
        const lengths = {
          list: `toList(${value}).length`,
          bytes: `toBytes(${value}).length`,
          text: `utf8Bytes(toText(${value}), false)`,
        };
        return { kind: 'exact', code: this.#block.local('length', lengths[leaf.of]) };
      }
    }
  }

  /** The value that the field will hold: integers wrap as in a typed array, which throws for the same values. */
  #scalar(spec: ScalarSpec, value: string): Operand {
    if (spec.kind === 'boolean') return { kind: 'small', code: `${value} ? 1 : 0` };
    if (spec.kind === 'enumeration') {
      return this.#scalar(
        spec.container,
        `toEnumerator(${this.#block.constant('labels', labelTable(spec))}, ${value})`,
      );
    }
    if (spec.kind === 'float') return { kind: 'real', code: spec.bits === 64 ? `+${value}` : `Math.fround(${value})` };
    const { bits, signed } = spec;
    if (bits === 64) return { kind: 'wide', code: `integer64(${value})` };
    if (bits === 32)
      return signed ? { kind: 'small', code: `${value} | 0` } : { kind: 'exact', code: `${value} >>> 0` };
    const unused = 32 - bits;
    return { kind: 'small', code: `${value} << ${unused} ${signed ? '>>' : '>>>'} ${unused}` };
  }
}
