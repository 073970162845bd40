import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, onTestFailed, onTestFinished, test } from 'vitest';
import { Demo, stillRunning } from './fixtures/demo.ts';

let demo: Demo;
afterEach(() => demo?.remove());

function start(...args: string[]): void {
  // Nobody listens there.
  demo = new Demo(args, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
  onTestFailed(() => console.log(demo.output));
}

interface Kept {
  name: string;
  events: { name: string; attributes: unknown }[];
}

/** The spans in a recorded file, by service. */
function recorded(file: string): Map<string, Kept[]> {
  const byService = new Map<string, Kept[]>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    for (const { resource, scopeSpans } of JSON.parse(line).resourceSpans) {
      const { value } = resource.attributes.find(({ key }: { key: string }) => key === 'service.name');
      const spans = scopeSpans.flatMap((scope: { spans: Kept[] }) => scope.spans);
      byService.set(value.stringValue, [...(byService.get(value.stringValue) ?? []), ...spans]);
    }
  }
  return byService;
}

test('plays a fault, and leaves its spans and the truth in a folder', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-recorded-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  start('--fault', 'dependency-down', '--length', '0.3', '--seed', '3', '--out', folder);
  await demo.printed('How long the slowest checkout takes');
  const pids = demo.descendants();
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(await stillRunning(pids)).toEqual([]);
  expect(demo.output).toContain('payments refuses every connection of worker (dependency_unreachable, payments)');

  const truth = JSON.parse(readFileSync(path.join(folder, 'truth.json'), 'utf8'));
  expect(truth).toEqual({
    fault: 'dependency-down',
    what: 'payments refuses every connection of worker',
    kind: 'dependency_unreachable',
    service: 'payments',
    resource: null,
    also: [{ service: 'worker', resource: 'payments' }],
    from: expect.stringMatching(/^\d{4}-.*Z$/),
    to: expect.stringMatching(/^\d{4}-.*Z$/),
    affected: [{ service: 'worker', route: 'process payments' }],
    seed: 3,
    rate: 8,
    checkouts: expect.any(Number),
    failed: 0,
  });
  expect(Date.parse(truth.to) - Date.parse(truth.from)).toBeGreaterThanOrEqual(2_900);
  const spans = recorded(path.join(folder, 'spans.otlp.jsonl'));
  expect([...spans.keys()].toSorted()).toEqual(['gateway', 'orders', 'payments', 'worker']);
  const hit = spans.get('worker')!.filter(({ events = [] }) => events.some(({ name }) => name === 'chaos.refuse'));
  expect(new Set(hit.map(({ name }) => name))).toEqual(new Set(['POST']));
}, 90_000);

test('a service dies of memory: the next start says so, and explain names it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'demo-recorded-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  start('--fault', 'oom', '--length', '0.5', '--out', folder);
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(demo.output).toMatch(
    /orders died of (?:oom_kill: the kernel has killed for want of|heap_limit: V8's heap was)/,
  );
  expect(demo.output.replaceAll(/\s+/g, ' ')).toMatch(
    /ran out of memory, and its process ended: (?:oom_kill|heap_limit), pid \d+/,
  );
  const deaths = recorded(path.join(folder, 'spans.otlp.jsonl'))
    .get('orders')!
    .filter(({ name }) => name === 'process.died');
  expect(deaths).toHaveLength(1);
}, 120_000);

test('names its faults', async () => {
  start('--fault', 'list');
  expect(await demo.exited).toEqual({ code: 0, signal: null });
  expect(demo.output.trim().split('\n').length).toBeGreaterThan(10);
  expect(demo.output).toContain('slow-query ');
});

test.each([
  [['--fault', 'slow-qery'], 'there is no fault "slow-qery": `--fault list` names them.'],
  [['--fault', 'slow-query', '--rate', '1000'], '--seed is a whole number, --rate up to 50 checkouts a second'],
])('%j: one line, and nothing is started', async (args, line) => {
  start(...args);
  expect(await demo.exited).toEqual({ code: 2, signal: null });
  expect(demo.output).toContain(line);
  expect(existsSync('examples/checkout/recordings/slow-qery')).toBe(false);
});
