export { EVENT_TYPES } from './sessions/event-types.ts';
export { memoryElements } from './sessions/memory-elements.ts';
export { retentionInstruction } from './sessions/retention-attributes.ts';
export { actionElement, conditionElement } from './triggers/trigger-elements.ts';
export { bufferType, domainType } from './xml/domain-elements.ts';
export { presentOnly, XML_VALUES, type XmlChildren } from './xml/xml-element.ts';
