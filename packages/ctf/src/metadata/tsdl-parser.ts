import type { MetadataError } from './parse-error.ts';
import type {
  Attribute,
  Block,
  BlockKeyword,
  Declaration,
  Declarator,
  Entry,
  Enumerator,
  Expression,
  TsdlDocument,
  TypeSpecifier,
} from './tsdl-ast.ts';
import { BLOCK_KEYWORDS } from './tsdl-ast.ts';
import { type Token, TsdlLexer } from './tsdl-lexer.ts';

/** Structures within structures beyond this are refused: metadata comes from anywhere, and the stack is finite. */
const DEPTH_MAX = 64;

/** Words that C's basic types are made of. */
const BASIC_TYPE_WORDS = new Set(
  'void char short int long float double signed unsigned _Bool _Complex _Imaginary'.split(' '),
);

/**
 * Further words that no field, type or option can have as its name; basic types can be names where a name must stand.
 */
const RESERVED_WORDS = new Set([
  ...'align callsite const enum env event floating_point integer stream string struct trace typealias'.split(' '),
  ...'typedef variant clock'.split(' '),
]);

/** Words that begin a declaration and not an assignment. */
const DECLARATION_WORDS = new Set(
  'typealias typedef struct enum variant const integer floating_point string'.split(' '),
);

/**
 * Parses TSDL text into its syntax tree by recursive descent.
 *
 * @throws {MetadataError} with line and column
 */
export function parseTsdlText(text: string): { document: TsdlDocument; errorAt: TsdlLexer['error'] } {
  const lexer = new TsdlLexer(text);
  return { document: new TsdlParser(lexer).document(), errorAt: lexer.error.bind(lexer) };
}

class TsdlParser {
  readonly #lexer: TsdlLexer;
  #token: Token;
  #following: Token | undefined;
  #depth = 0;

  constructor(lexer: TsdlLexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  document(): TsdlDocument {
    const blocks: Block[] = [];
    const declarations: Declaration[] = [];
    while (this.#token.kind !== 'end') {
      if (this.#accept(';')) continue;
      const keyword = BLOCK_KEYWORDS.find((k) => this.#isWord(k));
      if (keyword !== undefined && this.#peek().text === '{') blocks.push(this.#block(keyword));
      else declarations.push(this.#declaration());
    }
    return { blocks, declarations };
  }

  #block(keyword: BlockKeyword): Block {
    const { at } = this.#advance();
    this.#expect('{');
    const entries: Entry[] = [];
    while (!this.#accept('}')) {
      if (!this.#accept(';')) entries.push(this.#entry());
    }
    this.#expect(';');
    return { keyword, entries, at };
  }

  #entry(): Entry {
    const { at } = this.#token;
    const next = this.#peek().text;
    if (this.#token.kind !== 'word' || (DECLARATION_WORDS.has(this.#token.text) && !['=', ':=', '.'].includes(next))) {
      return { kind: 'declaration', declaration: this.#declaration() };
    }
    const name = this.#path().join('.');
    if (this.#accept(':=')) {
      const type = this.#typeSpecifier();
      this.#expect(';');
      return { kind: 'type-value', name, type, at };
    }
    this.#expect('=');
    const value = this.#expression();
    this.#expect(';');
    return { kind: 'value', name, value, at };
  }

  #declaration(): Declaration {
    const { at } = this.#token;
    if (this.#acceptWord('typealias')) {
      const type = this.#pointerTo(this.#typeSpecifier());
      this.#expect(':=');
      const name = this.#typeName();
      const lengths = this.#lengths();
      this.#expect(';');
      return { kind: 'typealias', type, alias: { name, lengths, at } };
    }
    const isTypedef = this.#acceptWord('typedef');
    const type = this.#typeSpecifier();
    if (!isTypedef && (this.#accept(';') || this.#isEndOfType(type))) {
      if (type.kind !== 'struct' && type.kind !== 'enum' && type.kind !== 'variant') throw this.#unexpected('a name');
      return { kind: 'type', type };
    }
    const declarators: Declarator[] = [];
    do declarators.push(this.#declarator());
    while (this.#accept(','));
    this.#expect(';');
    return { kind: isTypedef ? 'typedef' : 'fields', type, declarators };
  }

  /** Some tracers leave the semicolon behind a type out, and readers let that pass. */
  #isEndOfType(type: TypeSpecifier): boolean {
    const isType = type.kind === 'struct' || type.kind === 'enum' || type.kind === 'variant';
    if (!isType || this.#token.kind !== 'word') return false;
    return RESERVED_WORDS.has(this.#token.text) || (BASIC_TYPE_WORDS.has(this.#token.text) && !this.#isDeclarator());
  }

  /**
   * Whether the current word ends a declaration, or is the bracket of an array's length. Only a name stands before
   * these.
   */
  #isDeclarator(): boolean {
    return [';', ',', '['].includes(this.#peek().text);
  }

  #declarator(): Declarator {
    const { at } = this.#token;
    const name = this.#name();
    return { name, lengths: this.#lengths(), at };
  }

  #lengths(): Expression[] {
    const lengths: Expression[] = [];
    while (this.#accept('[')) {
      if (lengths.length === DEPTH_MAX) {
        throw this.#lexer.error('UNSUPPORTED', `arrays are nested more than ${DEPTH_MAX} deep`, this.#token.at);
      }
      lengths.push(this.#expression());
      this.#expect(']');
    }
    return lengths;
  }

  #typeSpecifier(): TypeSpecifier {
    if (++this.#depth > DEPTH_MAX) {
      throw this.#lexer.error('UNSUPPORTED', `types are nested more than ${DEPTH_MAX} deep`, this.#token.at);
    }
    while (this.#acceptWord('const'));
    const { at } = this.#token;
    const type = this.#typeSpecifierAt(at);
    while (this.#acceptWord('const'));
    this.#depth--;
    return type;
  }

  #typeSpecifierAt(at: number): TypeSpecifier {
    if (this.#acceptWord('integer')) return { kind: 'integer', attributes: this.#attributes(), at };
    if (this.#acceptWord('floating_point')) return { kind: 'float', attributes: this.#attributes(), at };
    if (this.#acceptWord('string')) {
      return { kind: 'string', attributes: this.#token.text === '{' ? this.#attributes() : [], at };
    }
    if (this.#acceptWord('enum')) return this.#enumeration(at);
    if (this.#acceptWord('struct')) return this.#structure(at);
    if (this.#acceptWord('variant')) return this.#variant(at);
    if (this.#token.kind !== 'word') throw this.#unexpected('a type');
    if (!BASIC_TYPE_WORDS.has(this.#token.text)) return { kind: 'named', name: this.#name(), at };
    const words = [this.#advance().text];
    while (this.#isBasicTypeWord() && !this.#isDeclarator()) words.push(this.#advance().text);
    return { kind: 'named', name: words.join(' '), at };
  }

  #isBasicTypeWord(): boolean {
    return this.#token.kind === 'word' && BASIC_TYPE_WORDS.has(this.#token.text);
  }

  #pointerTo(type: TypeSpecifier): TypeSpecifier {
    return this.#token.text === '*' && type.kind === 'named' ? { ...type, name: type.name + this.#stars() } : type;
  }

  #stars(): string {
    let stars = '';
    while (this.#accept('*')) stars += ' *';
    return stars;
  }

  #typeName(): string {
    const words: string[] = [];
    while (this.#acceptWord('const'));
    while (this.#isBasicTypeWord()) words.push(this.#advance().text);
    return (words.length > 0 ? words.join(' ') : this.#name()) + this.#stars();
  }

  #attributes(): Attribute[] {
    this.#expect('{');
    const attributes: Attribute[] = [];
    while (!this.#accept('}')) {
      if (this.#accept(';')) continue;
      const { at } = this.#token;
      if (this.#token.kind !== 'word') throw this.#unexpected('an attribute');
      const name = this.#path().join('.');
      this.#expect('=');
      attributes.push({ name, value: this.#expression(), at });
      this.#expect(';');
    }
    return attributes;
  }

  #enumeration(at: number): TypeSpecifier {
    const name = this.#optionalName();
    const container = this.#accept(':') ? this.#typeSpecifier() : undefined;
    let enumerators: Enumerator[] | undefined;
    if (this.#accept('{')) {
      enumerators = [];
      do {
        if (this.#token.text === '}') break;
        enumerators.push(this.#enumerator());
      } while (this.#accept(','));
      this.#expect('}');
    }
    return {
      kind: 'enum',
      at,
      ...(name && { name }),
      ...(container && { container }),
      ...(enumerators && { enumerators }),
    };
  }

  #enumerator(): Enumerator {
    const token = this.#advance();
    if (token.kind !== 'word' && token.kind !== 'string') throw this.#unexpected('a label', token);
    const label = token.kind === 'string' ? token.value : token.text;
    const { at } = token;
    if (!this.#accept('=')) return { label, at };
    const lower = this.#expression();
    return this.#accept('...') ? { label, lower, upper: this.#expression(), at } : { label, lower, at };
  }

  #structure(at: number): TypeSpecifier {
    const name = this.#optionalName();
    const body = this.#token.text === '{' ? this.#body() : undefined;
    let align: Expression | undefined;
    if (this.#acceptWord('align')) {
      this.#expect('(');
      align = this.#expression();
      this.#expect(')');
    }
    return { kind: 'struct', at, ...(name && { name }), ...(body && { body }), ...(align && { align }) };
  }

  #variant(at: number): TypeSpecifier {
    const name = this.#optionalName();
    let tag: Expression | undefined;
    if (this.#accept('<')) {
      tag = { kind: 'path', at: this.#token.at, words: this.#path() };
      this.#expect('>');
    }
    const body = this.#token.text === '{' ? this.#body() : undefined;
    return { kind: 'variant', at, ...(name && { name }), ...(tag && { tag }), ...(body && { body }) };
  }

  #body(): Declaration[] {
    this.#expect('{');
    const body: Declaration[] = [];
    while (!this.#accept('}')) {
      if (!this.#accept(';')) body.push(this.#declaration());
    }
    return body;
  }

  #expression(): Expression {
    const { at } = this.#token;
    const negative = this.#accept('-');
    if (!negative) this.#accept('+');
    const token = this.#token;
    if (token.kind === 'integer') {
      this.#advance();
      return { kind: 'integer', value: negative ? -token.value : token.value, at };
    }
    if (at !== token.at) throw this.#unexpected('an integer');
    if (token.kind === 'string') {
      this.#advance();
      return { kind: 'string', value: token.value, at };
    }
    if (token.kind === 'word') return { kind: 'path', words: this.#path(), at };
    throw this.#unexpected('a value');
  }

  /** Any words, keywords too: `event.header`, `stream.packet.context.len`. */
  #path(): string[] {
    const words: string[] = [];
    do {
      if (this.#token.kind !== 'word') throw this.#unexpected('a name');
      words.push(this.#advance().text);
    } while (this.#accept('.') || this.#accept('->'));
    return words;
  }

  #optionalName(): string | undefined {
    const isName = this.#token.kind === 'word' && !RESERVED_WORDS.has(this.#token.text) && !this.#isBasicTypeWord();
    return isName ? this.#advance().text : undefined;
  }

  #name(): string {
    if (this.#token.kind !== 'word') throw this.#unexpected('a name');
    if (RESERVED_WORDS.has(this.#token.text)) {
      throw this.#lexer.error('SYNTAX', `the keyword ${this.#token.text} cannot be a name`, this.#token.at);
    }
    return this.#advance().text;
  }

  #isWord(text: string): boolean {
    return this.#token.kind === 'word' && this.#token.text === text;
  }

  #acceptWord(text: string): boolean {
    if (!this.#isWord(text)) return false;
    this.#advance();
    return true;
  }

  #accept(mark: string): boolean {
    if (this.#token.kind !== 'mark' || this.#token.text !== mark) return false;
    this.#advance();
    return true;
  }

  #expect(mark: string): void {
    if (!this.#accept(mark)) throw this.#unexpected(`"${mark}"`);
  }

  #peek(): Token {
    this.#following ??= this.#lexer.next();
    return this.#following;
  }

  #advance(): Token {
    const token = this.#token;
    this.#token = this.#following ?? this.#lexer.next();
    this.#following = undefined;
    return token;
  }

  #unexpected(wanted: string, found = this.#token): MetadataError {
    const what = found.kind === 'end' ? 'the end of the metadata' : JSON.stringify(found.text);
    return this.#lexer.error('SYNTAX', `expected ${wanted} but found ${what}`, found.at);
  }
}
