import { makeLoopWords } from '@foreshock/export';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LoopTurns } from './loop-turns.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

it('has no timer while the service is idle, and one again with the next span', () => {
  let isIdle = false;
  const turns = new LoopTurns(() => isIdle, makeLoopWords());
  turns.watch();
  vi.advanceTimersByTime(60_000);
  expect(vi.getTimerCount()).toBe(1);

  isIdle = true;
  vi.advanceTimersByTime(1_500);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2_000);
  expect(vi.getTimerCount()).toBe(0);

  turns.watch();
  expect(vi.getTimerCount()).toBe(1);
});
