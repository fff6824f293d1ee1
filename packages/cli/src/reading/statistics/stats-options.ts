import type { ReadingOptions } from '../reading-options.ts';

export const STATISTICS_FORMATS = ['text', 'csv', 'json'] as const;

export interface StatsOptions extends ReadingOptions {
  readonly format: (typeof STATISTICS_FORMATS)[number];
  readonly by?: string;
  readonly pairBy?: string;
  readonly slowest: number;
  readonly limit: number;
}
