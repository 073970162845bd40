import { expect, it } from 'vitest';
import { errorMessageOf, errorTypeOf } from './error-type.ts';

it('names an error by its code, else its class', () => {
  expect(errorTypeOf(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(errorTypeOf(new TypeError('x'))).toBe('TypeError');
  expect(errorTypeOf(Object.assign(new RangeError('x'), { code: 42 }))).toBe('RangeError');
  expect(errorTypeOf(new DOMException('x', 'AbortError'))).toBe('AbortError');
});

it('takes anything that can be thrown', () => {
  const throwing = {
    get code(): string {
      throw new Error('mine');
    },
    get message(): string {
      throw new Error('mine');
    },
  };
  for (const thrown of [undefined, null, 'text', 7, {}, Object.create(null), throwing]) {
    expect(errorTypeOf(thrown)).toBe('_OTHER');
    expect(errorMessageOf(thrown)).toBe('');
  }
  expect(errorTypeOf({ code: 'x'.repeat(1000) })).toBe('_OTHER');
  expect(errorMessageOf(new Error('m'.repeat(1000)))).toHaveLength(256);
});
