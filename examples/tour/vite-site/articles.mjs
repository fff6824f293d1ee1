// A plugin of Vite: `virtual:articles` has the articles of a content management system, fetched when the site is built.
import { Resolver } from 'node:dns';
import http from 'node:http';

const resolver = new Resolver({ timeout: 500, tries: 1 });
resolver.setServers((process.env.NAME_SERVERS ?? '127.0.0.1:5301,127.0.0.1:5302').split(','));

function lookup(host, _, callback) {
  resolver.resolve4(host, (error, addresses = []) =>
    callback(
      error,
      addresses.map((address) => ({ address, family: 4 })),
    ),
  );
}

function fetchText(url) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { lookup }, async (response) => {
      resolve((await response.setEncoding('utf8').toArray()).join(''));
    });
    request.once('error', reject);
  });
}

export function articles(url) {
  return {
    name: 'articles',
    resolveId: (id) => (id === 'virtual:articles' ? id : undefined),
    load: async (id) => (id === 'virtual:articles' ? `export default ${await fetchText(url)}` : undefined),
  };
}
