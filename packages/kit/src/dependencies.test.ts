import { ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it, onTestFinished, vi } from 'vitest';
import { collectDependencies, noteUse } from './dependencies.ts';

it('tells a server that is connected to again from one that was replaced', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const all = collectDependencies();
  const connect = (address: string): number => all.note({ system: 'rabbitmq', address })!.notedAt;
  const first = connect('a');
  vi.advanceTimersByTime(20_000);
  expect(connect('b') - first).toBe(20_000);
  expect(connect('a') - first).toBe(20_000);
});

it('knows one again that is used after a long time', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const all = collectDependencies();
  const known = (): string[] => [...all].filter(({ system }) => system === 'postgresql').map(({ address }) => address);
  const database = all.note({ system: 'postgresql', address: 'db' })!;
  noteUse(database, ROOT_CONTEXT);
  expect(known()).toEqual(['db']);
  vi.advanceTimersByTime(2 * 3_600_000);
  expect(known()).toEqual([]);
  noteUse(database, ROOT_CONTEXT);
  expect(known()).toEqual(['db']);
});
