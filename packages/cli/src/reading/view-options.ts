import type { ReadingOptions } from './reading-options.ts';
import type { TextOptions } from './text-options.ts';

export interface ViewOptions extends ReadingOptions, TextOptions {
  readonly viewer?: string;
  readonly follow?: boolean;
  readonly tree?: boolean;
  readonly request?: string;
  readonly tracePath?: string;
}
