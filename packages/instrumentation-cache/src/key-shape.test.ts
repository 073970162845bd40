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
  ['shoppingCart:42', 'shoppingCart:*'],
  ['USER_SESSIONS:42', 'USER_SESSIONS:*'],
  ['categories|7', 'categories|*'],
  // Somebody's name, or address.
  ['alice:cart', '*'],
  ['alice.smith@example.com', '*'],
  ['alice_42', '*'],
  ['jsmith|profile', '*'],
  ['john/1', '*'],
  ['acme-corp:user:1', '*'],
  ['user-alice:1', '*'],
  ['user42:cart', '*'],
  ['user@example.com:1', '*'],
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

it("keeps the client's own prefix if it is made of common words, and else leaves it out", () => {
  expect(shapeOf('shop:cache:user:42', 'shop:cache:')).toBe('shop:cache:user:*');
  expect(shapeOf('shop:cache:alice', 'shop:cache:')).toBe('shop:cache:*');
  expect(shapeOf('user:42', 'shop:')).toBe('user:*');
  for (const prefix of ['tenant-alice@corp.com:', 'shop:7:', 'acme:', 'shop', `${'shop:'.repeat(13)}`]) {
    expect(shapeOf(`${prefix}user:1`, prefix)).toBe('user:*');
  }
});
