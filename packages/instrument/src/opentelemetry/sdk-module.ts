/** A module of the SDK of OpenTelemetry, in all packages that have had it. */
export interface SdkModule {
  readonly packageNames: readonly string[];
  /** Path in the sources, without its extension. */
  readonly source: string;
  /** Name of the providers whose registration shows that the program uses the module. */
  readonly signal: 'trace' | 'logs' | 'metrics';
  /** Changes its classes. @returns a function that takes the changes back */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own exports
  change(exports: any): () => void;
}
