export const CONVERT_FORMATS = [
  'text',
  'details',
  'json',
  'csv',
  'ctf',
  'ctf2',
  'otlp',
  'otlp-proto',
  'chrome',
  'cpuprofile',
  'speedscope',
  'folded',
  'pprof',
  'counter',
  'dummy',
] as const;
export type ConvertFormat = (typeof CONVERT_FORMATS)[number];
