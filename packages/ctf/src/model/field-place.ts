import type { FieldScope } from './field-class.ts';

// The place of a field: its scope and the names down to it.

export function memberPlace(place: string, name: string): string {
  return `${place}.${escaped(name)}`;
}

export function elementPlace(place: string): string {
  return `${place}[]`;
}

/** The place of the content of an optional field. */
export function contentPlace(place: string): string {
  return `${place}?`;
}

/** @param index of the option, which distinguishes options without a name */
export function optionPlace(place: string, name: string, index: number): string {
  return `${place}<${name === '' ? `#${index}` : escaped(name)}>`;
}

function escaped(name: string): string {
  return name.replaceAll(/[\\.<[?#]/g, '\\$&');
}

/** The scope in which a place lies. */
export function scopeOf(place: string): FieldScope {
  return place.split(/[.<[?]/, 1)[0] as FieldScope;
}

/** The names of the members that lead to a place. */
export function memberNames(place: string): string[] {
  return [...place.matchAll(OPTION_OR_MEMBER)].flatMap(([, name]) => name?.replaceAll(/\\(.)/g, '$1') ?? []);
}

const OPTION_OR_MEMBER = /<(?:\\.|[^\\>])*>|\.((?:\\.|[^\\.<[?#])*)/g;
