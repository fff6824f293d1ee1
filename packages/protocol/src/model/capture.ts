import { refuseShape } from '../wire/shape.ts';

/** A value that a probe records: an expression of JavaScript, and the field that it becomes. */
export interface Capture {
  readonly name: string;
  readonly expression: string;
}

export const CAPTURES_PER_PROBE_MAX = 32;
export const CAPTURE_BYTES_MAX = 256;
const NESTING_MAX = 16;
/** Every event of a probe has this field of its own. */
const OWN_FIELD = 'skipped';

const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const SECRET = /password|token|secret|authorization/i;
const KEYWORDS = new Set(
  `async await break case catch class const continue debugger default delete do else enum export extends finally for
  function if implements import in instanceof interface let new of package private protected public return static super
  switch throw try var void while with yield`.split(/\s+/),
);

const TOKEN =
  /\s*(?:(?<word>[\p{ID_Start}$_][\p{ID_Continue}$]*)|(?<number>\d+(?:\.\d+)?(?![\w.]))|(?<text>'[^'\\\n]*'|"[^"\\\n]*")|(?<sign>\+\+|--|=>|\*\*|\/\/|\/\*|<!--|===|!==|==|!=|<=|>=|<<|>>|&&|\|\||\?\?|\?\.(?!\d)|[-+*/%<>!~&|^=.,:;?(){}[\]`@#\\]))/uy;
const BINARY = new Set([
  '===',
  '!==',
  '==',
  '!=',
  '<=',
  '>=',
  '<',
  '>',
  '&&',
  '||',
  '??',
  '+',
  '-',
  '*',
  '/',
  '%',
  '&',
  '|',
  '^',
]);

interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign' | 'end';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The captures of a list such as `user.id, count = items.length`. An expression without a name gives its field its own
 * words: `user_id`.
 *
 * Expressions can read variables and properties, compare and calculate. They cannot call, assign or create anything.
 *
 * @throws {ShapeError} a sentence for people
 */
export function parseCaptures(list: string): Capture[] {
  const reader = new CaptureReader(list);
  const captures: Capture[] = [];
  do {
    const name = reader.name();
    const expression = reader.expression();
    captures.push({ name: name ?? freeName(expression, captures), expression });
  } while (reader.takes(','));
  reader.end();
  for (const capture of captures) checkCapture(capture);
  checkNames(captures);
  return captures;
}

/** Whether this is one expression that a probe may evaluate. @throws {ShapeError} if not */
export function checkCapture({ name, expression }: Capture): void {
  if (!FIELD_NAME.test(name)) refuseShape(`"${name}" cannot be the name of a field: write letters, digits and _`);
  if (name === OWN_FIELD) refuseShape(`a field of probes is called ${OWN_FIELD}: give the capture another name`);
  const reader = new CaptureReader(expression);
  reader.expression();
  reader.end();
}

export function checkNames(captures: readonly Capture[]): void {
  const names = captures.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) refuseShape(`two captures are called ${twice}`);
}

function freeName(expression: string, taken: readonly Capture[]): string {
  const words = expression.replaceAll(/[^A-Za-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '');
  const name = /^[A-Za-z]/.test(words) && words !== OWN_FIELD ? words : `value_${words}`;
  const isTaken = taken.some((capture) => capture.name === name);
  return (isTaken ? `${name.slice(0, 60)}_${taken.length}` : name).slice(0, 64);
}

/** Reads the part of JavaScript's expressions that only reads. */
class CaptureReader {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokensOf(source);
  }

  /** `NAME =`, if the text goes on so. */
  name(): string | undefined {
    const [first, second] = [this.#next, this.#tokens[this.#at + 1]];
    if (first.kind !== 'word' || second?.text !== '=') return undefined;
    this.#at += 2;
    return first.text;
  }

  expression(): string {
    const { from } = this.#next;
    this.#binary();
    const to = this.#tokens[this.#at - 1]?.to ?? from;
    const text = this.#source.slice(from, to);
    if (Buffer.byteLength(text) > CAPTURE_BYTES_MAX) {
      refuseShape(`a capture has at most ${CAPTURE_BYTES_MAX} bytes: ${text.slice(0, 40)}…`);
    }
    return text;
  }

  end(): void {
    if (this.#next.kind !== 'end') this.#refuse();
  }

  takes(sign: string): boolean {
    if (this.#next.kind !== 'sign' || this.#next.text !== sign) return false;
    this.#at++;
    return true;
  }

  get #next(): Token {
    return this.#tokens[this.#at] as Token;
  }

  #binary(): void {
    if (++this.#depth > NESTING_MAX) refuseShape('the expression of a capture is nested too deep');
    const logical = new Set<string>();
    for (;;) {
      this.#unary();
      const { kind, text } = this.#next;
      if (kind !== 'sign' || !BINARY.has(text)) break;
      // JavaScript refuses `a ?? b || c`.
      if (text === '??' || text === '&&' || text === '||') logical.add(text === '??' ? text : 'other');
      if (logical.size > 1) this.#refuse();
      this.#at++;
    }
    this.#depth--;
  }

  #unary(): void {
    while (['!', '-', '+', '~'].some((sign) => this.takes(sign)) || this.#takesWord('typeof'));
    this.#primary();
    for (;;) {
      if (this.takes('.')) this.#property();
      else if (this.takes('?.')) {
        if (this.takes('[')) this.#until(']');
        else this.#property();
      } else if (this.takes('[')) this.#until(']');
      else return;
    }
  }

  #primary(): void {
    const { kind, text } = this.#next;
    if (this.takes('(')) this.#until(')');
    else if (kind === 'number' || kind === 'text') {
      if (kind === 'text') this.#checkName(text);
      this.#at++;
    } else if (kind === 'word' && !KEYWORDS.has(text) && text !== 'typeof') {
      this.#checkName(text);
      this.#at++;
    } else this.#refuse();
  }

  #until(sign: string): void {
    this.#binary();
    if (!this.takes(sign)) this.#refuse();
  }

  #property(): void {
    if (this.#next.kind !== 'word') this.#refuse();
    this.#checkName(this.#next.text);
    this.#at++;
  }

  #takesWord(word: string): boolean {
    if (this.#next.kind !== 'word' || this.#next.text !== word) return false;
    this.#at++;
    return true;
  }

  #checkName(name: string): void {
    if (SECRET.test(name)) refuseShape(`${name} is never recorded: its name is one of a secret`);
  }

  #refuse(): never {
    const { kind, text, from } = this.#next;
    const place = kind === 'end' ? 'at its end' : `at "${text}", column ${from + 1}`;
    return refuseShape(
      `the capture "${this.#source}" is refused ${place}: captures read variables and properties, ` +
        'compare and calculate; they cannot call or change anything',
    );
  }
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let from = 0; ; ) {
    const match = TOKEN.exec(source);
    if (match === null) {
      const rest = source.slice(from).trim();
      if (rest !== '') refuseShape(`the capture "${source}" is refused at "${rest.slice(0, 20)}"`);
      tokens.push({ kind: 'end', text: '', from: source.length, to: source.length });
      return tokens;
    }
    const [kind, text] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) as [
      Exclude<Token['kind'], 'end'>,
      string,
    ];
    tokens.push({ kind, text, from: TOKEN.lastIndex - text.length, to: TOKEN.lastIndex });
    from = TOKEN.lastIndex;
  }
}
