import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, expect, it } from 'vitest';
import { readText } from '../read-text.ts';
import { findMappedStatement } from './find-statement.ts';
import { SourceMap } from './source-map.ts';

const SOURCE = `interface Item { price: number }
enum Kind { A, B }

export class Cart {
  private items: Item[] = [];

  add(item: Item): number {
    type Local = number;

    this.items.push(item);
    const total = this.items.reduce<number>((sum, { price }) => sum + price, 0);
    return total;
  }
}
`;
const directory = mkdtempSync(join(tmpdir(), 'source-map-'));
afterAll(() => rmSync(directory, { recursive: true }));

const PATH = join(directory, 'dist', 'cart.js');
mkdirSync(join(directory, 'src'));
writeFileSync(join(directory, 'src', 'cart.ts'), SOURCE);

/** What the TypeScript compiler makes of the source. */
function compiled(map: '--sourceMap' | '--inlineSourceMap'): string {
  const words = [map, '--target', 'es2022', '--module', 'node20', '--types', '', '--outDir', join(directory, 'dist')];
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  execFileSync(process.execPath, [tsc, ...words, join(directory, 'src', 'cart.ts')], { cwd: directory });
  return readFileSync(PATH, 'utf8');
}

function transformed(minify: boolean): string {
  const settings = {
    loader: 'ts',
    format: 'cjs',
    minify,
    sourcefile: '../src/cart.ts',
    sourcemap: 'inline',
  } as const;
  return transformSync(SOURCE, settings).code;
}

/** The text of a statement of the source that a probe is before. */
function probedText(text: string, line: number): string {
  const map = SourceMap.of(text, PATH, readText) as SourceMap;
  const source = map.sourceOf('src/cart.ts') as number;
  const found = findMappedStatement(text, line, false, map.placesFrom(source, line - 1));
  return typeof found === 'string' ? found : text.slice(found.start, found.start + 12);
}

it.each(['--sourceMap', '--inlineSourceMap'] as const)(
  'a line of TypeScript is found in the text that was made from it, with %s',
  (map) => {
    const text = compiled(map);
    expect(probedText(text, 10)).toBe('this.items.p');
    expect(probedText(text, 11)).toBe('const total ');
    expect(probedText(text, 12)).toBe('return total');
    expect(probedText(text, 8)).toBe('no statement begins on line 8; the next one begins on line 10');
    expect(probedText(text, 99)).toBe('no statement begins on line 99');
  },
);

it('a line is found in a text whose statements are mapped from the begin of their lines', () => {
  expect(probedText(transformed(false), 10)).toBe('this.items.p');
});

it('a line is found in a minified text', () => {
  expect(probedText(transformed(true), 10)).toBe('return this.');
});

it('a source is named by its path, or by the end of one, also where a bundler has written it', () => {
  const mapOf = (sources: string[]) => {
    const json = JSON.stringify({ version: 3, sources, names: [], mappings: 'AAAA' });
    return SourceMap.of(
      `//# sourceMappingURL=data:application/json,${encodeURIComponent(json)}`,
      '/app/d/x.js',
      readText,
    );
  };
  const map = mapOf(['webpack://app/./src/a.ts', '../lib/b.ts', '/c/d.ts', '/c/100%.ts']) as SourceMap;
  const files = ['src/a.ts', 'a.ts', '/app/lib/b.ts', 'b.ts', '/c/d.ts', 'xa.ts', '100%.ts'];
  expect(files.map((file) => map.sourceOf(file))).toEqual([0, 0, 1, 1, 2, undefined, 3]);
});

const mapWith = (value: unknown) =>
  SourceMap.of(
    `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(value)).toString('base64')}`,
    '/app/x.js',
    readText,
  );

it.each([
  ['no object', 1],
  ['sections', { version: 3, sections: [] }],
  ['sources that are no list', { version: 3, sources: 7, names: [], mappings: 'AAAA' }],
  ['sources without an end', { version: 3, sources: Array(20_000).fill('a'), names: [], mappings: 'AAAA' }],
  ['mappings without an end', { version: 3, sources: ['a'], names: [], mappings: 'AAAA,'.repeat(500_000) }],
])('a hostile map is refused: %s', (_, value) => {
  expect(mapWith(value)).toMatch(/^its source map/);
});

it.each([
  ['wrong letters', 'é!!!'],
  ['numbers out of every range', '+/////D+/////D,gggggggggggggggggggggggggB'],
  ['sources that are absent', 'A/8BAA'],
  ['lines beyond the end of the text', ';;;;;;AAAA'],
])('a map of nonsense leads to no statement: %s', (_, mappings) => {
  const map = mapWith({ version: 3, sources: ['a.ts'], names: [], mappings });
  const places = map instanceof SourceMap ? map.placesFrom(0, 0) : [];
  expect(typeof findMappedStatement(' function f() { return 1 }', 1, false, places)).toBe('string');
});

it('a map is read from regular files alone', () => {
  const mapAt = (url: string) => SourceMap.of(`//# sourceMappingURL=${url}`, PATH, readText);
  for (const url of ['/dev/zero', '.', 'absent.map', 'http://localhost/x.map']) {
    expect(mapAt(url)).toBe('its source map cannot be read, or is too long');
  }
  expect(SourceMap.of('// no map', PATH, readText)).toBeUndefined();
});

it('a place belongs to the source that it was made from', () => {
  const map = mapWith({ version: 3, sources: ['a.ts', 'b.ts'], names: [], mappings: 'AAAA,UCAA' }) as SourceMap;
  const made = [0, 9, 10, 99].map((column) => [map.isFrom(0, 0, column), map.isFrom(1, 0, column)]);
  expect(made).toEqual([
    [true, false],
    [true, false],
    [false, true],
    [false, true],
  ]);
});
