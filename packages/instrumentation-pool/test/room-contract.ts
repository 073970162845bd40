/* What every pool and every limiter of the room must show, whatever its library. */
import { context, trace } from '@opentelemetry/api';
import { only, saturations, spansNamed, waits, type Recorded } from '@foreshock/testkit';
import { expect, it } from 'vitest';

type Work = () => Promise<unknown>;

/** A pool or limiter of one: nothing waits for it yet, and what it has to open is open. */
export interface OneSlot {
  /** Does some work while it has the one slot. */
  run(work: Work): Promise<unknown>;
  end?(): unknown;
}

/** Longer than `pool.saturated` begins to count, see saturation.ts. */
const FULL_MS = 25;

async function untilFull(): Promise<void> {
  for (const start = performance.now(); performance.now() - start < FULL_MS;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * Declares the tests of one library.
 *
 * @param name how its pool is called in span names
 * @param nameKey the attribute of its name
 */
export function roomContract(
  recorded: Recorded,
  { name, nameKey = 'pool.name', open }: { name: () => string; nameKey?: string; open: () => Promise<OneSlot> },
): void {
  /** One caller has the slot, the others ask for it meanwhile. */
  async function fill(slot: OneSlot, callers: readonly string[], traced: boolean): Promise<Map<string, string>> {
    const parents = new Map<string, string>();
    const asked = Promise.withResolvers<void>();
    const call = (caller: string, work: Work): Promise<unknown> => {
      const run = (): Promise<unknown> =>
        slot.run(async () => {
          const active = trace.getSpan(context.active()) as { name?: string } | undefined;
          parents.set(caller, active?.name ?? 'none');
          await work();
        });
      return traced ? recorded.inSpan(caller, run) : run();
    };
    const first = call(callers[0]!, async () => {
      await asked.promise;
      await untilFull();
    });
    // Has the slot before the others ask.
    await expect.poll(() => parents.has(callers[0]!)).toBe(true);
    const others = callers.slice(1).map((caller) => call(caller, async () => {}));
    asked.resolve();
    await Promise.all([first, ...others]);
    return parents;
  }

  it('has no span while there is a free slot', async () => {
    const slot = await open();
    recorded.clear();
    await recorded.inSpan('alone', () => slot.run(async () => {}));
    await recorded.inSpan('alone again', () => slot.run(async () => {}));
    expect(recorded.spans().map((span) => span.name)).toEqual(['alone', 'alone again']);
    await slot.end?.();
  });

  it('shows each wait in its caller’s trace, with the state, the reason and who had the slot', async () => {
    const slot = await open();
    recorded.clear();
    const callers = ['holder', 'second', 'third', 'fourth'];
    const parents = await fill(slot, callers, true);
    // The work is done where its caller was, not where the slot was freed.
    expect(Object.fromEntries(parents)).toEqual(Object.fromEntries(callers.map((caller) => [caller, caller])));
    const holder = only(spansNamed(recorded, 'holder'));
    expect(waits(recorded)).toHaveLength(3);
    for (const [i, caller] of ['second', 'third', 'fourth'].entries()) {
      const span = only(spansNamed(recorded, caller));
      const wait = only(waits(recorded).filter(({ parentSpanId }) => parentSpanId === span.spanId));
      expect(wait).toMatchObject({
        name: `pool.acquire ${name()}`,
        kind: 'INTERNAL',
        traceId: span.traceId,
        status: { code: 'UNSET' },
        links: [{ traceId: holder.traceId, spanId: holder.spanId }],
        attributes: {
          'pool.used': 1,
          'pool.idle': 0,
          'pool.pending': i,
          'pool.limit': 1,
          'pool.wait_reason': 'queue',
          'pool.wait_ms': expect.any(Number),
          'pool.holder.operation': 'holder',
          'pool.holder.trace_id': holder.traceId,
          'pool.holder.held_ms': expect.any(Number),
          'pool.granted.used': expect.any(Number),
          'pool.granted.pending': expect.any(Number),
        },
      });
      expect(wait.attributes[nameKey]).toBeDefined();
      expect(wait.attributes['pool.wait_ms']).toBeGreaterThanOrEqual(FULL_MS - 1);
    }
    expect(only(saturations(recorded)).attributes).toMatchObject({
      'pool.saturated.waiters': 3,
      'pool.saturated.peak_pending': 3,
      'pool.saturated.holders': expect.arrayContaining([expect.stringContaining(holder.traceId)]),
    });
    await slot.end?.();
  });

  it('does the work of callers without a span where none is active', async () => {
    const slot = await open();
    recorded.clear();
    const asked = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const holder = recorded.inSpan('holder', () =>
      slot.run(async () => {
        started.resolve();
        await asked.promise;
      }),
    );
    await started.promise;
    let active: unknown = 'nothing ran';
    const untraced = slot.run(async () => {
      active = trace.getSpan(context.active());
    });
    asked.resolve();
    await Promise.all([holder, untraced]);
    expect(active).toBeUndefined();
    await slot.end?.();
  });
}
