import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it, onTestFinished, vi } from 'vitest';
import { collectDependencies, noteUse } from './dependencies.ts';

it('knows one again that is used after a long time', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const all = collectDependencies();
  const known = (): string[] => Array.from(all, ({ address }) => address);
  const database = all.note({ system: 'postgresql', address: 'db' })!;
  noteUse(database, ROOT_CONTEXT);
  expect(known()).toEqual(['db']);
  vi.advanceTimersByTime(2 * 3_600_000);
  expect(known()).toEqual([]);
  noteUse(database, ROOT_CONTEXT);
  expect(known()).toEqual(['db']);
});
