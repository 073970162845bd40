import { describe, expect, it } from 'vitest';
import { eventInName } from './event-name.ts';

describe('an event in a name', () => {
  it.each(['order', 'order:made', 'v2:order', 'order2', 'orders/list', 'largest contentful'])('%s', (event) => {
    expect(eventInName(event)).toBe(event);
  });

  it.each([
    'reply:42',
    '42',
    'order-7-made',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    'room.a1b2c3d4e5f6',
    'x'.repeat(65),
  ])('%s is none', (event) => {
    expect(eventInName(event)).toBe(undefined);
  });
});
