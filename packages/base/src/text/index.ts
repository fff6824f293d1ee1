export { csvCell } from './csv-cell.ts';
export { jsonText } from './json-text.ts';
export { didYouMean, nearestNames } from './nearest.ts';
export { isUnsafe, replaceUnsafe } from './unsafe-characters.ts';
export { visibleCharacter, visibleLine, visibleText } from './visible-text.ts';
export { isXmlText, xmlText } from './xml-text.ts';
