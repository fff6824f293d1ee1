import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** What a schema says, as far as documents of ours are concerned. */
export interface SchemaFacts {
  /** Name of the document's element. */
  readonly root: string;
  readonly rootType: string;
  /**
   * For each type of element the elements in it with their types, `!` behind those that must be there, `*` behind those
   * of which there may be many. A type whose name begins with `>` has its elements in this order, one with `|` only one
   * of them.
   */
  readonly types: Readonly<Record<string, string>>;
  /** Types of text. */
  readonly values: Readonly<Record<string, RegExp>>;
}

type Parsed = readonly { readonly [name: string]: unknown }[];
const parser = new XMLParser({ preserveOrder: true, parseTagValue: false, trimValues: false, ignoreAttributes: false });

/** What of a document is not as the schema has it, in words; empty if it is valid. */
export function schemaViolations(facts: SchemaFacts, document: string): string[] {
  const { root, rootType } = facts;
  const valid = XMLValidator.validate(document);
  if (valid !== true) return [valid.err.msg];
  const roots = (parser.parse(document) as Parsed).filter((node) => root in node);
  return roots.length === 1
    ? check(facts, root, rootType, roots[0]?.[root] as Parsed)
    : [`the root is not one ${root}`];
}

function check(facts: SchemaFacts, place: string, type: string, content: Parsed): string[] {
  const text = content.map((node) => node['#text'] ?? '').join('');
  const children = content
    .filter((node) => !('#text' in node || isInstruction(node)))
    .map((node) => Object.entries(node)[0]!);
  const pattern = facts.values[type];
  if (pattern !== undefined) {
    return children.length === 0 && pattern.test(text) ? [] : [`${place}: "${text}" is no ${type}`];
  }
  const rules = [...(facts.types[type] as string).matchAll(/([\w-]+):([>|\w-]+)([!*]?)/g)].map(
    ([, name, of, mark]) => ({
      name: name as string,
      of: of as string,
      mark,
    }),
  );
  const names = children.map(([name]) => name);
  const found = text.trim() === '' ? [] : [`${place}: has text`];
  for (const { name, mark } of rules) {
    const count = names.filter((one) => one === name).length;
    if (mark === '!' && count === 0) found.push(`${place}: lacks ${name}`);
    if (mark !== '*' && count > 1) found.push(`${place}: has ${name} ${count} times`);
  }
  if (type.startsWith('|') && children.length !== 1) found.push(`${place}: has ${names.length} elements, not one`);
  const order = rules.map(({ name }) => name);
  const ranks = names.map((name) => order.indexOf(name));
  if (type.startsWith('>') && ranks.some((rank, i) => i > 0 && rank < (ranks[i - 1] as number))) {
    found.push(`${place}: ${names.join(', ')} are out of order`);
  }
  for (const [name, inside] of children) {
    const rule = rules.find((one) => one.name === name);
    if (rule === undefined) found.push(`${place}: has ${name}, which the schema does not know`);
    else found.push(...check(facts, `${place} › ${name}`, rule.of, inside as Parsed));
  }
  return found;
}

function isInstruction(node: Parsed[number]): boolean {
  return Object.keys(node).some((name) => name.startsWith('?'));
}
