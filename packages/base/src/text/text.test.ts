import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { csvCell, isUnsafe, isXmlText, jsonText, visibleLine, visibleText, xmlText } from './index.ts';

const HOSTILE = 'a\u001b[31m\u009b2J\u202e\u2028\ufffe\uffff\ud800\u0000\r\n=cmd()]]>&"\'\\\u{e0041}é🐧';
const CODE_POINTS = Array.from({ length: 0x11_0000 }, (_, point) => point);

describe('unsafe characters', () => {
  it('are all controls but tab and line feed, separators of lines, halves of pairs, noncharacters and marks of direction', () => {
    const unicode = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}]/u;
    const wanted = CODE_POINTS.filter(
      (point) => unicode.test(String.fromCodePoint(point)) && point !== 9 && point !== 10,
    );
    expect(wanted.filter((point) => !isUnsafe(point))).toEqual([]);
  });

  it('are no letters, marks, numbers or symbols, no joiners and no variation selectors', () => {
    const spelt = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\p{Join_Control}\p{Variation_Selector}\t\n]/u;
    const wrong = CODE_POINTS.filter((point) => isUnsafe(point) && spelt.test(String.fromCodePoint(point)));
    expect(wrong).toEqual([]);
  });

  it('are shown as escape sequences of C, line feeds in a line as well', () => {
    expect(visibleText('a\tb\nc\r\u001b[2J\u0001\u009b\u202e\u{e0041}')).toBe(
      'a\tb\nc\\r\\e[2J\\x01\\u009b\\u202e\\U000e0041',
    );
    expect(visibleLine('a\nb')).toBe('a\\nb');
    expect(visibleText('\udc9b\udbff')).toBe('\\x9b\\udbff');
    expect(visibleText('naïve – שלום 👩‍👩‍👧 می‌خواهم')).toBe('naïve – שלום 👩‍👩‍👧 می‌خواهم');
  });
});

describe('JSON', () => {
  it('holds no unsafe character and reads back the same', () => {
    const json = jsonText({ [HOSTILE]: [HOSTILE, 1, null] });
    expect(visibleLine(json)).toBe(json);
    expect(JSON.parse(json)).toEqual({ [HOSTILE]: [HOSTILE, 1, null] });
  });
});

describe('XML', () => {
  const parser = new XMLParser({ trimValues: false, htmlEntities: true, ignoreAttributes: false });

  it('holds no unsafe character, is well-formed and reads back the same where XML can hold the text', () => {
    const text = `${[...HOSTILE].filter(isXmlText).join('')}\t\u0085\ufeff\u{1fffe}`;
    const xml = `<a b="${xmlText(text)}">${xmlText(text)}</a>`;
    expect(isXmlText(text)).toBe(true);
    expect(visibleLine(xml)).toBe(xml);
    expect(XMLValidator.validate(xml)).toBe(true);
    expect(parser.parse(xml)).toEqual({ a: { '#text': text, '@_b': text } });
  });

  it('shows characters that no document may hold', () => {
    for (const character of ['\0', '\u001b', '\ufffe', '\uffff', '\ud800']) expect(isXmlText(character)).toBe(false);
    expect(xmlText('\0\u001b\ufffe\uffff\ud800')).toBe('\\x00\\e\\ufffe\\uffff\\ud800');
  });
});

describe('a cell of comma-separated values', () => {
  it.each([
    '=cmd()',
    '+1+1',
    '-2+3+cmd|x',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    ' =1',
    '\u00a0=1',
    '＝1+1',
    '＋1',
    '－A1',
    '＠SUM',
    '-A1',
    '--5',
    '-5*2',
    '-5(1)',
    '=',
  ])('is text to a spreadsheet, not the formula %j', (text) => {
    expect(csvCell(text)).toMatch(/^"?'/);
  });

  it.each([
    '-5',
    '+5',
    '-0.5e-3',
    '+1.5E+10',
    '-12.5 ms',
    '-5s',
    '-1h 30min',
    '-1h30m',
    '-00:01:02.5',
    '-3 %',
    '−5',
    '-.5',
    '5-3',
    'a=b',
    '',
  ])('leaves %j as it is', (text) => {
    expect(csvCell(text)).toBe(text);
  });

  it('of any two ASCII characters is text that stands alone', () => {
    for (let first = 0; first < 0x80; first++) {
      for (let second = 0; second < 0x80; second++) {
        const text = String.fromCharCode(first, second);
        const cell = csvCell(text);
        const plain = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(cell.startsWith('"') || !/[",;\t\r\n]/.test(cell), JSON.stringify(text)).toBe(true);
        expect(/^[=+\-@\t\r\n]/.test(plain), JSON.stringify(text)).toBe(/^[+-]\d$/.test(text));
      }
    }
  });

  it('is in quotes where it holds quotes, lines, or a character that spreadsheets separate cells by', () => {
    expect(['a,b', 'a;b', 'a\tb', 'a\nb', 'a\r\nb', 'a"b'].map(csvCell)).toEqual([
      '"a,b"',
      '"a;b"',
      '"a\tb"',
      '"a\nb"',
      '"a\r\nb"',
      '"a""b"',
    ]);
  });

  it('shows unsafe characters, also a carriage return that would write over the line', () => {
    expect(csvCell('good\rbad\u001b[31m\u202e')).toBe('good\\rbad\\e[31m\\u202e');
  });

  it('needs time in proportion to its length', () => {
    const text = `-${'1'.repeat(60)}!`;
    expect(csvCell(text)).toBe(`'${text}`);
    expect(csvCell(`-${'1 a'.repeat(1_000_000)}!`)).toHaveLength(3_000_003);
  });
});
