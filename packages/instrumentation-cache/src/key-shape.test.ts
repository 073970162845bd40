import { expect, it } from 'vitest';
import { shapeOf } from './key-shape.ts';

it.each([
  ['user:42', 'user:*'],
  ['user:42:cart', 'user:*'],
  ['user:alice:cart', 'user:*'],
  ['session/9f86d081', 'session/*'],
  ['user_42', 'user_*'],
  ['user-42', 'user-*'],
  ['shopping-cart:42', 'shopping-cart:*'],
  ['feature_flags.checkout', 'feature_flags.*'],
  ['{user:1}:cart', 'user:*'],
  // A word by itself, or one that is none, may be anything.
  ['alice', '*'],
  ['alice@example.com', '*'],
  ['42', '*'],
  ['9f86d081:data', '*'],
  ['a1b2:data', '*'],
  ['user:', '*'],
  [':user', '*'],
  ['', '*'],
  ['-1', '*'],
  ['__proto__', '*'],
  ['müller:1', '*'],
  ['user\u0000:1', '*'],
  ['user\r\n:1', '*'],
  [`${'k'.repeat(25)}:1`, '*'],
  [`${'k'.repeat(1_000_000)}:1`, '*'],
])('%j is %s', (key, shape) => {
  expect(shapeOf(key)).toBe(shape);
});

it("keeps the client's own prefix, which is a constant", () => {
  expect(shapeOf('shop:7:user:42', 'shop:7:')).toBe('shop:7:user:*');
  expect(shapeOf('shop:7:alice', 'shop:7:')).toBe('shop:7:*');
  expect(shapeOf('user:42', 'shop:7:')).toBe('user:*');
  expect(shapeOf(`${'p'.repeat(65)}:user:1`, 'p'.repeat(65))).toBe('*');
});
