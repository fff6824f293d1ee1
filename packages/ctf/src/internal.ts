export { integerOf, isTextElement } from './decode/class-facts.ts';
export { ClockValue } from './decode/clock-value.ts';
export { contentPlace, type DataStreamLinks, elementPlace, type Links, memberPlace, optionPlace } from './decode/link.ts';
export { AGAIN, END } from './decode/medium.ts';
