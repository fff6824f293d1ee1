// A server of Express on PostgreSQL: the customers of a country, with their orders.
import express from 'express';
import pg from 'pg';

const database = new pg.Pool();
const app = express();

app.get('/customers/:country', async (request, response) => {
  const { country } = request.params;
  const { rows: customers } = await database.query('SELECT id, name FROM customers WHERE country = $1', [country]);
  for (const customer of customers) {
    const { rows } = await database.query('SELECT id, total FROM orders WHERE customer = $1', [customer.id]);
    customer.orders = rows;
  }
  response.json(customers);
});

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
