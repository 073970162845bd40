import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { OpenSpans } from './open-spans.ts';
import { DEFAULT_SPAN_LIMITS } from './tracer/span-limits.ts';
import type { RecordedSpan } from './tracer/span.ts';
import { ForeshockTracerProvider } from './tracer/tracer.ts';

function open() {
  const spans = new OpenSpans();
  const ended: RecordedSpan[] = [];
  const keep = { onStart() {}, onEnd: (span: RecordedSpan) => void ended.push(span) };
  const options = { sampler: new AlwaysOnSampler(), spanLimits: DEFAULT_SPAN_LIMITS, spanProcessors: [spans, keep] };
  const tracer = new ForeshockTracerProvider(options).getTracer('test');
  const interrupted = (): string[] =>
    ended.filter((span) => span.attributes['foreshock.interrupted'] === true).map((span) => span.name);
  return { spans, ended, interrupted, start: (name: string) => tracer.startSpan(name, {}, ROOT_CONTEXT) };
}

it('ends what is open, whichever were ended before, and nothing twice', () => {
  const { spans, ended, interrupted, start } = open();
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(start);
  b!.end();
  d!.end();
  const e = start('e');
  spans.endAll();
  spans.endAll();
  expect(interrupted().sort()).toEqual(['a', 'c', 'e']);
  for (const span of [a, b, c, d, e]) span!.end();
  expect(ended).toHaveLength(5);
  start('f');
  spans.endAll();
  expect(interrupted()).toContain('f');
});

it('remembers all that may still be ended, however many', () => {
  const { spans, interrupted, start } = open();
  const held = Array.from({ length: 5_000 }, (_, i) => start(String(i)));
  held[0]!.end();
  spans.endAll();
  expect(interrupted()).toHaveLength(4_999);
});

it('keeps only some of those that cannot be ended', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const { spans, interrupted, start } = open();
  for (let i = 0; i < 2_000; i++) start(String(i)).setAttribute('text', 'x'.repeat(20_000));
  // What a WeakRef was asked for in this turn of the event loop stays until its end.
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  spans.endAll();
  expect(interrupted().length).toBeLessThan(300);
  expect(interrupted()).toContain('1999');
});
