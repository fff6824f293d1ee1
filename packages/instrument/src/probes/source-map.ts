import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eachMapping, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';

/** Longer maps, and maps with more mappings, take too long in the program's thread. */
export const MAP_BYTES_MAX = 16 * 1024 * 1024;
const MAPPINGS_LENGTH_MAX = 2 * 1024 * 1024;
const SOURCES_MAX = 16_384;
const COMMENT = /^[ \t]*\/\/[#@][ \t]*sourceMappingURL=(\S+)[ \t]*$/gm;
/** The comment is at the end of a file. */
const COMMENT_FROM_END = 24 * 1024 * 1024;

/** Reads a file of at most this length. @returns undefined if it is no such file */
export type ReadText = (path: string, bytesMax: number) => string | undefined;

/** A place of a source, and the place of the loaded text that was made from it. Lines and columns are from 0. */
export interface MappedPlace {
  readonly sourceLine: number;
  readonly sourceColumn: number;
  readonly line: number;
  readonly column: number;
}

/** The source map that a loaded text names: a file, or a part of the text. */
export class SourceMap {
  readonly #map: TraceMap;

  private constructor(map: TraceMap) {
    this.#map = map;
  }

  /** @returns undefined if the text names no map; the reason if the map cannot be used */
  static of(text: string, path: string, readText: ReadText): SourceMap | string | undefined {
    const url = [...text.slice(-COMMENT_FROM_END).matchAll(COMMENT)].at(-1)?.[1];
    if (url === undefined) return undefined;
    try {
      const [json, place] = url.startsWith('data:') ? [inlineMap(url), path] : mapOfFile(url, path, readText);
      if (json === undefined || json.length > MAP_BYTES_MAX) return 'its source map cannot be read, or is too long';
      const raw = JSON.parse(json.replace(/^\)\]\}'[^\n]*\n/, '')) as { mappings?: unknown; sources?: unknown };
      if (typeof raw.mappings !== 'string') return 'its source map has no mappings';
      if (!Array.isArray(raw.sources)) return 'its source map has no sources';
      if (raw.mappings.length > MAPPINGS_LENGTH_MAX || raw.sources.length > SOURCES_MAX)
        return 'its source map is too long';
      return new SourceMap(new TraceMap(raw as never, pathToFileURL(place).href));
    } catch {
      return 'its source map cannot be read';
    }
  }

  /** The source that a path, or the end of one from a directory on, names. */
  sourceOf(file: string): number | undefined {
    const found = this.#map.resolvedSources.findIndex((url) => {
      const path = pathOf(url);
      return path === file || path.endsWith(`/${file}`);
    });
    return found < 0 ? undefined : found;
  }

  /** Whether a place of the loaded text was made from a source. Lines and columns are from 0. */
  isFrom(source: number, line: number, column: number): boolean {
    const name = this.#map.resolvedSources[source];
    return originalPositionFor(this.#map, { line: line + 1, column }).source === name;
  }

  /** Places that were made from a source from this line on, in the order of the source. */
  placesFrom(source: number, line: number): MappedPlace[] {
    const places: MappedPlace[] = [];
    const name = this.#map.resolvedSources[source];
    eachMapping(this.#map, (mapping) => {
      if (mapping.source !== name || mapping.originalLine === null || mapping.originalLine - 1 < line) return;
      places.push({
        sourceLine: mapping.originalLine - 1,
        sourceColumn: mapping.originalColumn as number,
        line: mapping.generatedLine - 1,
        column: mapping.generatedColumn,
      });
    });
    return places.sort(
      (a, b) =>
        a.sourceLine - b.sourceLine || a.sourceColumn - b.sourceColumn || a.line - b.line || a.column - b.column,
    );
  }
}

function inlineMap(url: string): string {
  const comma = url.indexOf(',');
  const data = url.slice(comma + 1);
  if (/;base64$/i.test(url.slice(0, comma))) return Buffer.from(data, 'base64').toString();
  return decodeURIComponent(data);
}

/** @returns its text, and its path */
function mapOfFile(url: string, path: string, readText: ReadText): [string | undefined, string] {
  const file = url.startsWith('file:') ? fileURLToPath(url) : resolve(dirname(path), decodeURIComponent(url));
  return [readText(file, MAP_BYTES_MAX), file];
}

/** Bundlers write sources as `webpack://name/./src/cart.ts`. */
function pathOf(url: string | null): string {
  const path = (url ?? '').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replaceAll('/./', '/');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
