import { context, trace } from '@opentelemetry/api';
import type { ReceivedSpan } from './received-span.ts';
import type { Recorded } from './record-spans.ts';
import { expect } from 'vitest';

export function spansNamed(recorded: Recorded, name: string): ReceivedSpan[] {
  return recorded.spans().filter((span) => span.name === name);
}

export function waits(recorded: Recorded): ReceivedSpan[] {
  return recorded.spans().filter((span) => span.name.startsWith('pool.acquire'));
}

/** That a pool was full, on the last of the waits. */
export function saturations(recorded: Recorded): ReceivedSpan['events'] {
  return waits(recorded).flatMap(({ events }) => events.filter(({ name }) => name === 'pool.saturated'));
}

export function only<T = ReceivedSpan>(spans: T[]): T {
  expect(spans).toHaveLength(1);
  return spans[0]!;
}

export function activeSpanId(): string | undefined {
  return trace.getSpanContext(context.active())?.spanId;
}

/** `count` concurrent callers in spans; what is below each. */
export async function crowd(
  recorded: Recorded,
  count: number,
  call: (i: number, see: () => void) => Promise<unknown>,
): Promise<ReceivedSpan[][]> {
  recorded.clear();
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      recorded.inSpan(`caller ${i}`, async (span) => {
        const see = (): void => expect(activeSpanId()).toBe(span.spanContext().spanId);
        await call(i, see);
        see();
      }),
    ),
  );
  const spans = recorded.spans();
  const own = Array.from({ length: count }, (_, i) => {
    const caller = only(spans.filter((span) => span.name === `caller ${i}`));
    return spans.filter((span) => span.parentSpanId === caller.spanId && span.traceId === caller.traceId);
  });
  const others = spans.filter((span) => !span.name.startsWith('caller'));
  expect(own.flat()).toHaveLength(others.length);
  return own;
}
