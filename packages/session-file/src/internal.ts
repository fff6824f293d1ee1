export { memoryElements } from './memory-elements.ts';
export { actionElement, conditionElement, type LttngAction, type LttngCondition } from './trigger-elements.ts';
export { presentOnly, XML_VALUES, type XmlChildren } from './xml-element.ts';
