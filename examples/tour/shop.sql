-- The database of express-customers.mjs and stock-service.mjs.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
DROP TABLE IF EXISTS orders, customers, movements;
DROP FUNCTION IF EXISTS stock_of(integer);

CREATE TABLE customers (id serial PRIMARY KEY, name text, country text);
CREATE TABLE orders (id serial PRIMARY KEY, customer integer REFERENCES customers, total numeric);
CREATE TABLE movements (article integer, amount integer);
INSERT INTO customers (name, country) SELECT 'Customer ' || n, 'FR' FROM generate_series(1, 25) AS n;
INSERT INTO orders (customer, total) SELECT n, n * 9.5 FROM generate_series(1, 25) AS n;
INSERT INTO movements SELECT n, 10 * n FROM generate_series(1, 8) AS n;

-- The pause stands for a table that is too large for memory.
CREATE FUNCTION stock_of(wanted integer) RETURNS bigint LANGUAGE sql AS $$
  SELECT sum(amount) FROM movements, pg_sleep(0.1) WHERE article = wanted
$$;
