/* Why a breaker changed; nothing is said where opossum would await between an event and its change. */
import { once } from 'node:events';
import { resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { installed, recordSpans } from '@foreshock/testkit';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';

const recorded = recordSpans(resilienceInstrumentation());
afterAll(() => recorded.stop());

const OPTIONS = { name: 'payments', errorThresholdPercentage: 1 };
const refused = (): Promise<never> => Promise.reject(new Error('refused'));

/** What the span of that name says of changes: the new state and the reason. */
function changes(name: string): unknown[] {
  return recorded
    .spans()
    .filter((span) => span.name === name)
    .flatMap(({ events }) => events)
    .map(({ attributes }) => [attributes['circuitbreaker.state'], attributes['circuitbreaker.reason']]);
}

async function during(name: string, breaker: any, event: string, call: () => unknown): Promise<unknown[]> {
  await recorded.inSpan(name, async () => {
    const changed = once(breaker, event);
    await Promise.resolve(call()).catch(() => {});
    await changed;
  });
  return changes(name);
}

describe.each(['opossum', 'opossum-6'])('%s', (alias) => {
  let app: ReturnType<typeof installed>;
  let Breaker: any;
  beforeEach(() => {
    // A copy that has seen nothing yet.
    app = installed({ opossum: alias });
    Breaker = app.require('opossum');
  });
  afterEach(() => {
    app.remove();
    recorded.clear();
  });

  it('says whether it failed or was forced', async () => {
    const forced = new Breaker(refused, OPTIONS);
    expect(await during('before any call', forced, 'open', () => forced.open())).toEqual([['open', 'forced']]);
    const failing = new Breaker(refused, OPTIONS);
    expect(await during('failing', failing, 'open', () => failing.fire())).toEqual([['open', 'failures']]);
    expect(await during('closing', failing, 'close', () => failing.close())).toEqual([['closed', 'forced']]);
    expect(await during('opening', failing, 'open', () => failing.open())).toEqual([['open', 'forced']]);
    for (const each of [forced, failing]) each.shutdown();
  });

  it('says that a health check failed, on the next call', async () => {
    const checked = new Breaker(refused, OPTIONS);
    expect(await during('checking', checked, 'open', () => checked.healthCheck(refused, 60_000))).toEqual([]);
    await recorded.inSpan('next', () => checked.fire().catch(() => {}));
    expect(changes('next')).toEqual([['open', 'health_check']]);
    checked.shutdown();
  });

  it('says nothing where the change comes later than what causes it', async () => {
    const Later: any = class extends Breaker {
      open(): void {
        queueMicrotask(() => super.open());
      }
      close(): void {
        queueMicrotask(() => super.close());
      }
    };
    let charge: () => Promise<unknown> = refused;
    const breaker = new Later(() => charge(), { ...OPTIONS, resetTimeout: 1 });
    const halfOpen = once(breaker, 'halfOpen');
    expect(await during('failing', breaker, 'open', () => breaker.fire())).toEqual([['open', undefined]]);
    await halfOpen;
    charge = async () => 'charged';
    expect(await during('probe', breaker, 'close', () => breaker.fire())).toEqual([
      ['half_open', 'reset_timeout'],
      ['closed', undefined],
    ]);
    const checked = new Later(refused, OPTIONS);
    expect(await during('checking', checked, 'open', () => checked.healthCheck(refused, 60_000))).toEqual([]);
    await recorded.inSpan('next', () => checked.fire().catch(() => {}));
    expect(changes('next')).toEqual([['open', undefined]]);
    for (const each of [breaker, checked]) each.shutdown();
  });
});
