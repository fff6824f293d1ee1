import { changeModule } from '../loaded-modules.ts';

/** A module of the SDK of OpenTelemetry, in all packages that have had it. */
export interface SdkModule {
  readonly packageNames: readonly string[];
  /** Path in the sources, without its extension. */
  readonly source: string;
  /** Changes its classes. @returns a function that takes the changes back */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own exports
  change(exports: any): () => void;
}

/** Changes a module of the SDK, of version 2 (`build/src`) and of version 3 (`dist`), in all copies of the program. */
export function changeSdk({ packageNames, source, change }: SdkModule): () => void {
  const files = [`build/src/${source}.js`, `dist/${source}.cjs`];
  const ends = packageNames.flatMap((packageName) => files.map((file) => changeModule({ packageName, file, change })));
  return () => {
    for (const end of ends) end();
  };
}

/** A time of the SDK, as seconds and nanoseconds since the Unix epoch. */
export type HrTime = readonly [seconds: number, nanoseconds: number];

/** Nanoseconds since the Unix epoch; 0 for what is no time. */
export function unixNs(time: HrTime | undefined): bigint {
  const [seconds, nanoseconds] = time ?? [0, 0];
  const isTime = Number.isSafeInteger(seconds) && seconds >= 0 && Number.isSafeInteger(nanoseconds);
  return isTime ? BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds) : 0n;
}
