export { csvCell } from './text/csv-cell.ts';
export { jsonText } from './text/json-text.ts';
export { isUnsafe, replaceUnsafe } from './text/unsafe-characters.ts';
export { visibleCharacter, visibleLine, visibleText } from './text/visible-text.ts';
export { isXmlText, xmlText } from './text/xml-text.ts';
