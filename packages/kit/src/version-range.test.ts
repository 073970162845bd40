import { expect, it } from 'vitest';
import { inRange } from './version-range.ts';

it.each([
  ['8.0.3', true],
  ['8.0.2', false],
  ['8.23.1', true],
  ['9.0.0', false],
  ['8.9.0-beta.1', true],
  ['10.0.0', false],
  ['not a version', false],
])('%s in >=8.0.3 <9 is %s', (version, expected) => {
  expect(inRange(version, '>=8.0.3 <9')).toBe(expected);
});

it('refuses a range it does not read', () => {
  expect(() => inRange('1.0.0', '^1.0.0')).toThrow(TypeError);
});
