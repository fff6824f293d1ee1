import type { ReadingOptions } from '../reading-options.ts';

export const REPORT_FORMATS = ['text', 'json', 'markdown'] as const;

export interface ReportOptions extends ReadingOptions {
  readonly format: (typeof REPORT_FORMATS)[number];
}
