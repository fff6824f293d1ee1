import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Where Node.js can keep compiled code (22.8 and later), the next start compiles less. The place is beside the code, so that
// only users who may change the code may change the cache. Other users run without a cache.
module.enableCompileCache?.(fileURLToPath(new URL('../bundle/cache', import.meta.url)));
