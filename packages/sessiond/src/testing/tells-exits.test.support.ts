import { release } from 'node:os';

const [major = 0, minor = 0] = release().split('.').map(Number);

/** Whether the kernel tells how a process ended though its parent was faster than we are to ask. */
export const tellsExits = major > 6 || (major === 6 && minor >= 15);
if (!tellsExits) console.warn(`SKIPPED: Linux ${release()} does not tell how a process ended that was waited for`);
