import { ROOT_CONTEXT } from '@opentelemetry/api';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { OpenSpans } from './last-words.ts';
import { DEFAULT_SPAN_LIMITS, type RecordedSpan } from './tracer/span.ts';
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

it('remembers the newest ten thousand', () => {
  const { spans, interrupted, start } = open();
  const leaked = Array.from({ length: 10_002 }, (_, i) => start(String(i)));
  leaked[0]!.end();
  spans.endAll();
  expect(interrupted()).toHaveLength(10_000);
  expect(interrupted()).not.toContain('1');
});
