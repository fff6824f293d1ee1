/** Options of `convert` for OpenTelemetry. */
export interface OtlpOptions {
  readonly endpoint?: string;
  readonly header?: readonly string[];
  readonly tokenFile?: string;
  readonly serviceName?: string;
}
