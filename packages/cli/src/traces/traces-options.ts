import type { RetentionOptions } from '../options/retention-options.ts';

export interface TracesOptions extends RetentionOptions {
  readonly olderThan?: string;
  readonly remove?: boolean;
  readonly dryRun?: boolean;
}
