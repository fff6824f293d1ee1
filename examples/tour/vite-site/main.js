import articles from 'virtual:articles';

const list = document.querySelector('#articles');
for (const title of articles) list.append(Object.assign(document.createElement('li'), { textContent: title }));
