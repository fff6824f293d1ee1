import { expect, it } from 'vitest';
import { matchesShellPattern } from './shell-pattern.ts';

it.each<readonly [pattern: string, matching: readonly string[], others: readonly string[]]>([
  ['', [''], ['a']],
  ['shop', ['shop'], ['shop2', 'sho', 'SHOP']],
  ['*', ['', 'a', 'a/b', '.hidden', 'ü😀'], []],
  ['shop-*-?', ['shop--1', 'shop-a-b-c', 'shop-😀-ü'], ['shop-1', 'shop-a-']],
  ['*a*ab', ['aab', 'xaxab', 'aabab'], ['ab', 'aaba']],
  ['[a-c1]x', ['ax', 'cx', '1x'], ['dx', '-x', 'x']],
  ['[!a-c]', ['d', '[', '!'], ['a', 'c', '']],
  ['[^a]', ['^', 'b'], ['a']],
  ['[]a-]', [']', 'a', '-'], ['b', '[']],
  ['[[:digit:][:upper:]_]', ['7', 'Q', '_'], ['q', 'd', ':']],
  ['[[:nothing:]]', [], ['n', ':', ':]']],
  ['[\\]]', [']'], ['\\', '\\]']],
  ['[\\!-\\#]', ['!', '"', '#'], ['\\', '-']],
  ['\\*\\?\\[a]', ['*?[a]'], ['x?[a]', '*xa']],
  ['[ab', ['[ab'], ['a', 'b']],
  ['a[', ['a['], ['a', 'ab']],
  ['[a-', ['[a-'], ['a', '-']],
  ['a\\', [], ['a', 'a\\']],
  [`${'*a'.repeat(40)}b`, [], ['a'.repeat(2000)]],
])('%j is a pattern as the shell has them', (pattern, matching, others) => {
  expect(matching.filter((text) => !matchesShellPattern(pattern, text))).toEqual([]);
  expect(others.filter((text) => matchesShellPattern(pattern, text))).toEqual([]);
});
