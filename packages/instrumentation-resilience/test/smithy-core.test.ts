import { createRequire } from 'node:module';
import { diag } from '@opentelemetry/api';
import { resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { afterAll, expect, it, vi } from 'vitest';

const instrumentation = resilienceInstrumentation();
afterAll(() => instrumentation.disable());

it('says nothing where another part of @smithy/core is used than its retries', () => {
  const lines: string[] = [];
  const line = (text: string): void => void lines.push(text);
  vi.useFakeTimers();
  diag.setLogger({ error: line, warn: line, info: line, debug: line, verbose: line });
  lines.length = 0;
  createRequire(import.meta.url)('@smithy/core/protocols');
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
  diag.disable();
  expect(lines).toEqual([]);
});
