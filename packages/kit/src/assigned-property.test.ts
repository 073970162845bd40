import { expect, it } from 'vitest';
import { whenAssigned } from './assigned-property.ts';

function observed(names: readonly string[]): { query: { active: unknown }; calls: string[] } {
  const query = { active: false as unknown };
  const calls: string[] = [];
  for (const name of names) whenAssigned(query, 'active', 'test', () => calls.push(name));
  return { query, calls };
}

it('calls its listeners once, oldest first, and leaves a plain property', () => {
  const { query, calls } = observed(['first', 'second']);
  query.active = true;
  query.active = false;
  query.active = true;
  expect(calls).toEqual(['first', 'second']);
  expect(Object.getOwnPropertyDescriptor(query, 'active')).toEqual({
    configurable: true,
    enumerable: true,
    writable: true,
    value: true,
  });
});

it('waits for something truthy, and gives what was set', () => {
  const { query, calls } = observed(['first', 'second']);
  expect(query.active).toBe(false);
  query.active = 0;
  expect(query.active).toBe(0);
  expect(calls).toEqual([]);
  query.active = 1;
  expect(query.active).toBe(1);
  expect(calls).toEqual(['first', 'second']);
});
