import { changeModule } from '../loaded-modules.ts';
import { changeEsModule } from './es-modules.ts';
import type { SdkModule } from './sdk-module.ts';

/** Changes a module of the SDK, of version 2 (`build/src`) and of version 3 (`dist`), in all copies of the program. */
export function changeSdk(module: SdkModule): () => void {
  const { packageNames, source, change } = module;
  const files = [`build/src/${source}.js`, `dist/${source}.cjs`];
  const ends = packageNames.flatMap((packageName) => files.map((file) => changeModule({ packageName, file, change })));
  const endEsModule = changeEsModule(module);
  return () => {
    endEsModule();
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
