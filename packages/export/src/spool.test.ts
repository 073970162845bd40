import { otlpDefinitions } from '@foreshock/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Budget } from './budget.ts';
import type { FinishedSpan } from './finished-span.ts';
import { toProtobuf } from './otlp-request.ts';
import { readRecords, RESOURCE, SCOPE, SPAN } from './records.ts';
import { Spool, type Batch } from './spool.ts';

const Request = otlpDefinitions().lookupType('opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest');

const scopes = [
  { name: 'http', version: '1.0.0' },
  { name: 'db', schemaUrl: 'https://opentelemetry.io/schemas/1.30.0', attributes: { kind: 'pool' } },
  { name: 'queue' },
];

function span(name: string, size = 0, scope = 0): FinishedSpan {
  const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  return {
    name,
    kind: 0,
    spanContext: () => context,
    startTime: [1, 0],
    endTime: [2, 0],
    status: { code: 0 },
    attributes: size > 0 ? { fill: 'x'.repeat(size) } : {},
    links: [],
    events: [],
    instrumentationScope: scopes[scope]!,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function request(batches: Batch[]): any {
  const body = toProtobuf(batches.map((batch) => ({ ...batch, bytes: Buffer.from(batch.memory) })));
  return Request.toObject(Request.decode(body), { longs: String, arrays: true });
}

/** `scope/name` of every span in a request. */
function names(decoded: any): string[] {
  return decoded.resourceSpans.flatMap((resource: any) =>
    resource.scopeSpans.flatMap((scope: any) => scope.spans.map(({ name }: any) => `${scope.scope.name}/${name}`)),
  );
}

const never = (): void => expect.unreachable();

describe('the spool', () => {
  it('makes of its batches one request, grouped by resource and scope', () => {
    const spool = new Spool(new Budget(1 << 20), { 'service.name': 'orders', port: 8080 });
    for (const [i, scope] of [0, 1, 0, 2].entries()) spool.append(span(`a${i}`, 0, scope), never);
    const first = spool.seal()!;
    for (const [i, scope] of [1, 0].entries()) spool.append(span(`b${i}`, 0, scope), never);
    const second = spool.seal()!;
    const decoded = request([first, second]);
    expect(decoded.resourceSpans).toHaveLength(1);
    const [{ resource, scopeSpans }] = decoded.resourceSpans;
    expect(resource.attributes).toEqual([
      { key: 'service.name', value: { stringValue: 'orders' } },
      { key: 'port', value: { intValue: '8080' } },
    ]);
    expect(scopeSpans.map(({ scope, schemaUrl }: any) => Object.assign(scope, { schemaUrl }))).toEqual([
      { name: 'http', version: '1.0.0', attributes: [], schemaUrl: undefined },
      {
        name: 'db',
        attributes: [{ key: 'kind', value: { stringValue: 'pool' } }],
        schemaUrl: 'https://opentelemetry.io/schemas/1.30.0',
      },
      { name: 'queue', attributes: [], schemaUrl: undefined },
    ]);
    expect(names(decoded)).toEqual(['http/a0', 'http/a2', 'http/b1', 'db/a1', 'db/b0', 'queue/a3']);
  });

  it('holds every span it took, whatever their sizes and the order of release, and stays within its limit', () => {
    const step = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({ add: fc.oneof(fc.nat(500), fc.nat(20_000), fc.nat(900_000)), scope: fc.nat(2) }),
      },
      { weight: 2, arbitrary: fc.constant('seal' as const) },
      { weight: 2, arbitrary: fc.record({ release: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 << 20 }), fc.array(step, { maxLength: 120 }), (limit, steps) => {
        const budget = new Budget(limit);
        const spool = new Spool(budget, { 'service.name': 'orders' });
        const bound = Math.max(limit, 256 * 1024);
        const held: { batch: Batch; names: string[] }[] = [];
        let open: string[] = [];
        const seal = (batch: Batch): void => {
          expect(batch.spans).toBe(open.length);
          held.push({ batch, names: open });
          open = [];
        };
        const check = ({ batch, names: expected }: { batch: Batch; names: string[] }): void => {
          expect(names(request([batch])).toSorted()).toEqual(expected.toSorted());
        };
        for (const [i, action] of steps.entries()) {
          if (action === 'seal') {
            const batch = spool.seal();
            if (batch) seal(batch);
            else expect(open).toEqual([]);
          } else if ('release' in action) {
            const [gone] = held.splice(action.release, 1);
            if (gone) {
              check(gone);
              spool.release(gone.batch);
            }
          } else {
            const dropped = spool.append(span(`s${i}`, action.add, action.scope), seal);
            if (dropped === undefined) open.push(`${scopes[action.scope]!.name}/s${i}`);
            // Only for a reason: something waits, or it is larger than what there is.
            else if (dropped === 'spool_full') expect(held.length + open.length).toBeGreaterThan(0);
            else expect(action.add).toBeGreaterThan(bound / 40);
          }
          expect(spool.open).toBe(open.length);
          expect(spool.waiting).toBe(held.reduce((sum, { names: some }) => sum + some.length, 0));
          expect(budget.used).toBeLessThanOrEqual(bound);
        }
        for (const entry of held) {
          check(entry);
          spool.release(entry.batch);
        }
        // Nothing leaks: everything is either kept for reuse or given back.
        expect(budget.used).toBeLessThanOrEqual(4 * 256 * 1024 + (open.length > 0 ? bound : 0));
      }),
      { numRuns: 150 },
    );
  });

  it('uses the same memory again under a steady load', () => {
    const budget = new Budget(16 << 20);
    const spool = new Spool(budget, {});
    const memories = new Set<SharedArrayBuffer>();
    for (let batch = 0; batch < 200; batch++) {
      for (let i = 0; i < 512; i++) spool.append(span(`s${i}`, 300), (sealed) => spool.release(sealed));
      const sealed = spool.seal()!;
      memories.add(sealed.memory);
      spool.release(sealed);
    }
    expect(memories.size).toBeLessThanOrEqual(3);
    expect(budget.used).toBeLessThanOrEqual(3 * 256 * 1024);
  });

  it('keeps what waits and drops the newest when it is full, and takes spans again when there is room', () => {
    const spool = new Spool(new Budget(1 << 20), {});
    const held: Batch[] = [];
    let taken = 0;
    while (spool.append(span(`s${taken}`, 1_000), (batch) => held.push(batch)) === undefined) taken++;
    expect(spool.append(span('late'), never)).toBe('spool_full');
    held.push(...[spool.seal()].filter((batch) => batch !== undefined));
    expect(names(request(held))).toEqual(Array.from({ length: taken }, (_, i) => `http/s${i}`));
    spool.release(held[0]!);
    expect(spool.append(span('again'), never)).toBeUndefined();
  });

  it('drops a span that is larger than all it has', () => {
    const spool = new Spool(new Budget(256 * 1024), {});
    expect(spool.append(span('huge', 300_000), never)).toBe('too_large');
    expect(spool.append(span('small'), never)).toBeUndefined();
  });

  it('leaves out what a resource has too much of, not the spans', () => {
    const spool = new Spool(new Budget(256 * 1024), { 'service.name': 'orders', endless: 'x'.repeat(100_000) });
    spool.append(span('a'), never);
    const [{ resource }] = request([spool.seal()!]).resourceSpans;
    expect(resource.attributes).toEqual([{ key: 'service.name', value: { stringValue: 'orders' } }]);
  });
});

it('takes the memory of an outage again in the next, though it was not collected', () => {
  const spool = new Spool(new Budget(16 << 20), { 'service.name': 'orders' });
  const outage = (): Set<SharedArrayBuffer> => {
    const batches: Batch[] = [];
    for (let i = 0; i < 40; i++) {
      spool.append(span('a', 200_000), (batch) => batches.push(batch));
      batches.push(spool.seal()!);
    }
    for (const batch of batches) spool.release(batch);
    return new Set(batches.map(({ memory }) => memory));
  };
  const first = outage();
  expect(first.size).toBe(20);
  expect(outage()).toEqual(first);
  expect([...outage()].every((memory) => first.has(memory))).toBe(true);
});

describe('the record format', () => {
  function sealed(): Batch & { bytes: Buffer } {
    const spool = new Spool(new Budget(256 * 1024), { 'service.name': 'orders' });
    for (let i = 0; i < 3; i++) spool.append(span(`s${i}`), never);
    const batch = spool.seal()!;
    return { ...batch, bytes: Buffer.from(batch.memory) };
  }

  function types({ bytes, start, end, number }: Batch & { bytes: Buffer }, upTo = end): number[] {
    const found: number[] = [];
    readRecords(bytes, start, upTo, number, (type) => found.push(type));
    return found;
  }

  it('begins with the resource and defines a scope before its first span', () => {
    expect(types(sealed())).toEqual([RESOURCE, SCOPE, SPAN, SPAN, SPAN]);
  });

  it('ends before a record that is torn, damaged in its header, or of another batch', () => {
    const batch = sealed();
    for (let cut = batch.end - 1; cut > batch.start; cut--) {
      const whole = types(batch, cut);
      expect(whole.length).toBeLessThan(5);
      expect(whole).toEqual([RESOURCE, SCOPE, SPAN, SPAN, SPAN].slice(0, whole.length));
    }
    expect(types({ ...batch, number: batch.number + 1 })).toEqual([]);
    batch.bytes[batch.start + 5]! ^= 1;
    expect(types(batch)).toEqual([]);
  });
});
