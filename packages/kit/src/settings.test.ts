import { expect, it } from 'vitest';
import { KnownSettings, plainSettings } from './settings.ts';

it('has numbers and switches of limits, time-outs and retries, never texts', () => {
  const options = {
    host: 'db',
    password: 'hunter2',
    maxPassword: 12,
    port: 5432,
    connectTimeout: 500,
    idleTimeoutMillis: Infinity,
    retry: { limit: 2, methods: ['GET'], calculateDelay: () => 1 },
    auth: { retries: 'hunter2' },
    retryReads: true,
    connect: new Date(),
  };
  expect(plainSettings(options)).toEqual({
    connectTimeout: 500,
    idleTimeoutMillis: 'Infinity',
    'retry.limit': 2,
    'retry.calculateDelay': 'function',
    retryReads: true,
  });
});

it('leaves out what cannot be read, and keeps equal policies once', () => {
  const known = new KnownSettings();
  known.note('a', {}, () => {
    throw new Error('closed');
  });
  const pool = { max: 3 };
  known.note('b', pool, (each) => ({ name: 'one', values: plainSettings(each) }));
  known.note('b', pool, (each) => ({ name: 'two', values: plainSettings(each) }));
  known.notePolicy('p-retry', { retries: 2 });
  known.notePolicy('p-retry', { retries: 2 });
  expect([...known]).toEqual([
    { library: 'b', name: 'one', values: { max: 3 } },
    { library: 'p-retry', name: undefined, values: { retries: 2 } },
  ]);
});
