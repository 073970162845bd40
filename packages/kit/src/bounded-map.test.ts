import { expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

it('remembers so many and no more', () => {
  const memo = new BoundedMap<string, number>(2);
  expect([memo.set('a', 1), memo.set('b', 2), memo.get('a'), memo.get('b')]).toEqual([1, 2, 1, 2]);
  memo.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => memo.get(key))).toEqual([undefined, undefined, 3]);
});
