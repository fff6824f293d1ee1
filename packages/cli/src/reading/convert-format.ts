export const CONVERT_FORMATS = [
  'text',
  'details',
  'json',
  'csv',
  'ctf',
  'ctf2',
  'otlp',
  'otlp-proto',
  'counter',
  'dummy',
] as const;
export type ConvertFormat = (typeof CONVERT_FORMATS)[number];
