import { expect, it } from 'vitest';
import { tableOf } from './print.ts';

it('has a row of each adapter that was tested, and says what is missing', () => {
  const table = tableOf([
    { evidence: { adapter: 'redis', columns: ['spans', 'ESM'], version: '6.3.1' }, passed: true },
    { evidence: { adapter: 'redis', columns: ['spans', 'CJS'], version: '4.0.0' }, passed: true },
    { evidence: { adapter: 'redis', columns: ['spans', 'CJS'], version: '10.0.0' }, passed: true },
    { evidence: { adapter: 'lru-cache', columns: ['attempt or hit', 'CJS'], version: '11.5.3' }, passed: true },
    { evidence: { adapter: 'lru-cache', columns: ['attempt or hit', 'ESM'], version: '11.0.0' }, passed: false },
    {
      evidence: { adapter: 'hand-written-breakers', columns: ['state', 'CJS', 'ESM'], version: undefined },
      passed: true,
    },
  ]);
  expect(table.split('\n')).toEqual([
    'adapter                spans  wait  state  right parent when full  attempt or hit  CJS  ESM  versions',
    'redis                    ✓     ?      ?              ?                   ?          ✓    ✓   4.0.0 – 10.0.0',
    'lru-cache                –     –      –              –                   ✗          ✓    ✗   11.5.3',
    'hand-written breakers    –     –      ✓              –                   –          ✓    ✓   –',
    '',
    'No tests in this run: pg, mysql2, tarn (knex), generic-pool, sequelize-pool, p-queue, p-limit, fastq, async,',
    'bottleneck, piscina, ioredis, cache-manager, pg-boss, bullmq, amqplib, kafkajs, opossum, cockatiel, got,',
    'axios-retry, p-retry, async-retry, undici (RetryAgent), node:http, pino, cron, croner, node-cron,',
    'node-schedule, toad-scheduler, @nestjs/schedule, setInterval, hand-written loops',
    '',
    expect.stringContaining('✗ a test of it failed'),
  ]);
});

it('is empty where no adapter was tested', () => {
  expect(tableOf([])).toBe('');
});
