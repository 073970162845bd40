import { expect, it } from 'vitest';
import { pathInName } from './path-name.ts';

it.each([
  ['/orders', '/orders'],
  ['/v2/live-orders/', '/v2/live-orders/'],
  ['/orders?token=rosebud', '/orders'],
  ['/rooms/42', undefined],
  ['/rooms/3f2a9c0e-ann', undefined],
  [`/${'a'.repeat(64)}`, undefined],
  ['/', undefined],
  ['', undefined],
  ['ws://example.com/orders', undefined],
])('of %s a name has %s', (target, name) => {
  expect(pathInName(target)).toBe(name);
});

it('has the first ones of a process', () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const paths = letters.flatMap((one) => letters.map((other) => `/${one}${other}`));
  expect(paths.filter((path) => pathInName(path) === undefined).length).toBeGreaterThanOrEqual(paths.length - 200);
  expect(pathInName('/orders')).toBe('/orders');
});
