import { startCollector } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { Budget } from './budget.ts';
import type { FinishedSpan } from './finished-span.ts';
import { blankSpan, OWN_SCOPE } from './own-span.ts';
import { Sender, type FromSender, type SenderOptions } from './sender.ts';
import { Spool } from './spool.ts';

const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const span: FinishedSpan = {
  ...blankSpan('s', 1_000, 2_000),
  spanContext: () => context,
  attributes: { fill: 'x'.repeat(300) },
  instrumentationScope: { name: 'test' },
};

function startSender(options: Pick<SenderOptions, 'destinations' | 'maxExportBatchSize' | 'lagBytes'>) {
  const said: FromSender[] = [];
  const delays = { scheduleDelayMs: 5, backoffMs: 10, maxBackoffMs: 20 };
  const sender = new Sender({ ...options, ...delays, userAgent: 'test' }, false, (message) => said.push(message));
  return { sender, said };
}

it.each([
  ['at first', 0],
  ['by a sender before this one', 1],
])('a slow destination is overtaken, whoever has delivered to the fast one: %s', async (_, done) => {
  const fast = await startCollector();
  const slow = await startCollector();
  onTestFinished(async () => {
    await fast.close();
    await slow.close();
  });
  slow.respond({ hang: true });
  const { sender, said } = startSender({
    destinations: [
      { kind: 'otlp', url: `${fast.url}/v1/traces` },
      { kind: 'otlp', url: `${slow.url}/v1/traces`, timeoutMs: 60_000 },
    ],
    maxExportBatchSize: 1,
    lagBytes: 1_000,
  });
  const spool = new Spool(new Budget(1 << 20), {});
  for (let i = 0; i < 40; i++) {
    spool.append(span, () => {});
    sender.accept({ type: 'batch', ...spool.seal()!, done });
  }
  if (done === 0) await fast.waitForSpans(40);
  const overtaken = said.filter((message) => message.type === 'done' && message.end === 'overtaken');
  // Four requests are on their way to the slow one, two batches fit the lag, the last answers are on their way to us.
  expect(overtaken.length).toBeGreaterThan(20);
});

it('says what a dead process left that no destination takes', async () => {
  const collector = await startCollector();
  onTestFinished(() => collector.close());
  const { sender, said } = startSender({
    destinations: [{ kind: 'otlp', url: `${collector.url}/v1/traces` }],
    maxExportBatchSize: 512,
    lagBytes: 1_000_000,
  });
  const spool = new Spool(new Budget(1 << 20), {});
  const log = { timeMs: 1, severityNumber: 9, severityText: 'info', body: 'placed', attributes: {}, scope: OWN_SCOPE };
  const batch = () => {
    spool.append(span, () => {});
    spool.appendLog({ ...log, trace: undefined }, () => {});
    const { memory, ...rest } = spool.seal()!;
    return { ...rest, bytes: Buffer.from(memory) };
  };
  await sender.send(batch(), true);
  // Of this process: nothing is asked for what is not taken.
  await sender.send(batch());
  expect(said.filter(({ type }) => type !== 'done')).toEqual([{ type: 'unwanted', signal: 'logs', items: 1 }]);
  expect(collector.spans).toHaveLength(2);
});
