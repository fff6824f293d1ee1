// A service on PostgreSQL and Redis: how many pieces of an article are in stock. Redis keeps each answer for a minute.
import http from 'node:http';
import { Redis } from 'ioredis';
import pg from 'pg';

const cache = new Redis(Number(process.env.REDIS_PORT ?? 6379));
const database = new pg.Pool({ max: 1 });

async function stockOf(article) {
  const known = await cache.get(`stock:${article}`);
  if (known !== null) return known;
  const { rows } = await database.query('SELECT stock_of($1)', [article]);
  await cache.set(`stock:${article}`, rows[0].stock_of, 'EX', 60);
  return rows[0].stock_of;
}

const server = http.createServer(async (request, response) => {
  const article = Number(request.url.split('/').at(-1));
  response.end(`${await stockOf(article)}\n`);
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
