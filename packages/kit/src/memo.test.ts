import { expect, it } from 'vitest';
import { Memo } from './memo.ts';

it('remembers so many and no more', () => {
  const memo = new Memo<string, number>(2);
  expect([memo.learn('a', 1), memo.learn('b', 2), memo.get('a'), memo.get('b')]).toEqual([1, 2, 1, 2]);
  memo.learn('c', 3);
  expect(['a', 'b', 'c'].map((key) => memo.get(key))).toEqual([undefined, undefined, 3]);
});
