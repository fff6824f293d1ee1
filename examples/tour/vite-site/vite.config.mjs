import { articles } from './articles.mjs';

const url = process.env.CMS_URL ?? 'http://cms.example.com:5300/';

export default { plugins: [articles(url)], build: { write: false } };
