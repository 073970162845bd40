import { expect, it } from 'vitest';
import { PooledIdGenerator } from './ids.ts';

it('makes IDs that are valid and, across many pools, never the same', () => {
  const generator = new PooledIdGenerator();
  const seen = new Set<string>();
  for (let i = 0; i < 5_000; i++) {
    const traceId = generator.generateTraceId();
    const spanId = generator.generateSpanId();
    expect(traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
    // A pool read twice, or IDs overlapping in it, would show in their halves.
    seen.add(traceId.slice(0, 16)).add(traceId.slice(16)).add(spanId);
  }
  expect(seen.size).toBe(15_000);
});
