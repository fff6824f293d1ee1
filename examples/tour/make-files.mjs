// Writes the files that other examples read: node make-files.mjs [DIRECTORY]
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const directory = process.argv[2] ?? '.';
const numbers = (count) => Array.from({ length: count }, (_, i) => i + 1);

const prices = numbers(800_000).map((article) => `${article};${article * 0.25};EUR;Café à la carte\n`);
writeFileSync(join(directory, 'prices.csv'), prices.join(''));

const requests = numbers(2000).map((n) => `127.0.0.1 GET /articles/${n % 50} 200 Mozilla/5.0\n`);
const padded = `127.0.0.1 GET /articles/7 200 Mozilla/5.0${' '.repeat(20_000)}(padded)\n`;
writeFileSync(join(directory, 'access.log'), [...requests, padded].join(''));
