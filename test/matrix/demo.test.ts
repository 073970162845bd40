import { expect, test } from 'vitest';
import { demoOfTest, hasProbe, PROBE, ROWS, servicesOf, WORDS } from '../fixtures/played-demo.ts';

const { start, outcome } = demoOfTest();

test('plays the incident, shows the worst trace and the logs joined to it, and leaves nothing behind', async () => {
  start();
  const { waterfall, words, logs, trace } = await outcome();
  for (const row of [...ROWS, /orders .*SELECT products/]) expect(waterfall).toMatch(row);
  for (const part of [...WORDS, ...(hasProbe(trace) ? PROBE : [])]) expect(words).toMatch(part);
  for (const line of [
    /gateway +info +checkout answered/,
    /orders +info +order stored/,
    /worker +warn +not charged: Breaker is open/,
    /worker +info +order paid/,
    /payments +info +charged/,
  ]) {
    expect(logs).toMatch(line);
  }
  expect(servicesOf(trace)).toEqual(['gateway', 'orders', 'payments', 'worker']);
}, 90_000);
