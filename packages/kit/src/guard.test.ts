import { expect, it, vi } from 'vitest';
import { guard } from './guard.ts';

it('survives a clock that the application has broken', () => {
  vi.spyOn(Date, 'now').mockImplementation(() => {
    throw new Error('no time');
  });
  const failing = (): never => {
    throw new Error('ours');
  };
  expect(guard('a test', failing)).toBeUndefined();
});
