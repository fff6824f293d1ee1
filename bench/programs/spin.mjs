// Keeps a processor busy until it is killed: spin.mjs
import { printJson } from './loops.mjs';

printJson({});
for (;;);
