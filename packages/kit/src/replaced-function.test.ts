import { expect, it } from 'vitest';
import { replaceOn } from './replaced-function.ts';

it('a method replaced on one object keeps its name, its length and its own properties', () => {
  function push(a: number, b: number): number {
    return a + b;
  }
  const owner = { push: Object.assign(push, { own: 1 }) };
  replaceOn(
    owner,
    'push',
    (original) =>
      (...args) =>
        original(...args),
  );
  const { name, length, own } = owner.push;
  expect({ name, length, own }).toEqual({ name: 'push', length: 2, own: 1 });
  expect(owner.push(1, 2)).toBe(3);
});
