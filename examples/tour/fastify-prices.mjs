// A server of Fastify: the price of an article, from the price list that another program writes.
import { readFileSync } from 'node:fs';
import fastify from 'fastify';

const PRICES = process.argv[2] ?? 'prices.csv';
const app = fastify();

app.get('/prices/:article', async (request) => {
  const { article } = request.params;
  const prices = readFileSync(PRICES, 'utf8');
  const line = prices.indexOf(`\n${Number(article)};`) + 1;
  const [, price] = prices.slice(line, line + 50).split(';');
  return { article, price };
});

console.log(`listening on ${await app.listen({ port: Number(process.env.PORT ?? 3000) })}`);
