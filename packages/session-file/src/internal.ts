export { memoryElements } from './memory-elements.ts';
export { actionElement, conditionElement, type LttngAction, type LttngCondition } from './trigger-elements.ts';
export { presentOnly, type XmlChildren, type XmlContent } from './xml-element.ts';
