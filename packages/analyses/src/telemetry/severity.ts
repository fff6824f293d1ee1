const DEBUG = 5;
/** OpenTelemetry's severities of the levels emergency to info. Those behind are debug levels. */
const SEVERITIES = [21, 19, 18, 17, 13, 10, 9];

/** OpenTelemetry's severity of a log level. Events without a level are for debugging. */
export function severityOf(logLevel: number | undefined): number {
  return SEVERITIES[logLevel ?? SEVERITIES.length] ?? DEBUG;
}
