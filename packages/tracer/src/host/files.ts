/**
 * Functions of `node:fs` as they were when the tracer started: programs and instruments observe or replace them later,
 * and the tracer's own calls are no calls of the program.
 */
import fs from 'node:fs';

export const { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, readlinkSync, readSync } = fs;
export const { statSync, writeSync } = fs;
