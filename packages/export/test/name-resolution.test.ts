import dns from 'node:dns';
import { startCollector } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { Budget } from '../src/budget.ts';
import type { FinishedSpan } from '../src/finished-span.ts';
import { blankSpan } from '../src/own-span.ts';
import { Sender, type FromSender } from '../src/sender.ts';
import { Spool } from '../src/spool.ts';

const SPANS = 20;
const { lookup } = dns;

type Callback = (error: Error | null, addresses?: { address: string; family: number }[]) => void;

const span = (index: number): FinishedSpan => ({
  ...blankSpan(`s${index}`, 1_000, 2_000),
  spanContext: () => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: String(index + 1).padStart(16, '0'),
    traceFlags: 1,
  }),
  instrumentationScope: { name: 'test' },
});

/** Stands in for a name server, which a test cannot have. */
function resolver() {
  const waiting: Callback[] = [];
  const state = { isSilent: false, isUp: false, asked: 0, mostWaiting: 0, hosts: new Set<string>() };
  const answer = (callback: Callback): void =>
    state.isUp
      ? callback(null, [{ address: '127.0.0.1', family: 4 }])
      : callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }));
  dns.lookup = ((host: string, _: unknown, callback: Callback) => {
    state.asked++;
    state.hosts.add(host);
    if (state.isSilent) state.mostWaiting = Math.max(state.mostWaiting, waiting.push(callback));
    else setImmediate(answer, callback);
  }) as never;
  onTestFinished(() => void (dns.lookup = lookup));
  const recover = (): void => {
    state.isUp = true;
    state.isSilent = false;
    for (const callback of waiting.splice(0)) answer(callback);
  };
  return { state, recover };
}

it.each([
  ['does not know the name', false, /^ENOTFOUND$/],
  ['does not answer', true, /^no answer within 300 ms$/],
])('while DNS %s, spans wait, and arrive once when it does', { timeout: 30_000 }, async (_, isSilent, cause) => {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const { state, recover } = resolver();
  state.isSilent = isSilent;
  const said: FromSender[] = [];
  let failures = 0;
  const failed = Promise.withResolvers<void>();
  const sender = new Sender(
    {
      destinations: [{ kind: 'otlp', url: `http://collector.example:${collector.port}/v1/traces`, timeoutMs: 300 }],
      userAgent: 'test',
      maxExportBatchSize: 1,
      lagBytes: 1 << 20,
      scheduleDelayMs: 5,
      backoffMs: 10,
      maxBackoffMs: 20,
    },
    false,
    (message) => {
      said.push(message);
      if (message.type === 'unreachable' && ++failures === 8) failed.resolve();
    },
  );
  const spool = new Spool(new Budget(1 << 20), {});
  for (let index = 0; index < SPANS; index++) {
    spool.append(span(index), () => {});
    sender.accept({ type: 'batch', ...spool.seal()!, done: 0 });
  }
  await failed.promise;
  for (const message of said)
    expect(message).toMatchObject({ type: 'unreachable', cause: expect.stringMatching(cause) });
  expect(state.hosts).toEqual(new Set(['collector.example']));
  // Of the four threads in which Node resolves names, the application keeps three.
  if (isSilent) expect({ asked: state.asked, most: state.mostWaiting }).toEqual({ asked: 1, most: 1 });
  recover();
  await collector.waitForSpans(SPANS, { timeoutMs: 20_000 });
  expect(collector.spans.map(({ name }) => name).toSorted()).toEqual(
    Array.from({ length: SPANS }, (_each, index) => `s${index}`).toSorted(),
  );
});
