import { startCollector } from '@foreshock/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { Budget } from '../src/budget.ts';
import type { FinishedSpan } from '../src/finished-span.ts';
import { blankSpan } from '../src/own-span.ts';
import { SenderLink, type LinkEvents } from '../src/sender-link.ts';
import { Spool } from '../src/spool.ts';

const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
const span: FinishedSpan = {
  ...blankSpan('s', 1_000, 2_000),
  spanContext: () => context,
  instrumentationScope: { name: 'test' },
};

// A signal interrupts the main thread anywhere, as these events of the link's do: a message has been taken from its port,
// and is never handled, as the process ends inside.
it.each(['onDone', 'onRelease'] as const)(
  'what the sender has delivered is not lost, interrupted in %s',
  async (at) => {
    const collector = await startCollector();
    const outcome = Promise.withResolvers<{ isDelivered: boolean; waiting: number }>();
    const spool = new Spool(new Budget(1 << 20), {});
    let isInterrupted = false;
    const interruptAt = (event: keyof LinkEvents): void => {
      if (event !== at || isInterrupted) return;
      isInterrupted = true;
      outcome.resolve({ isDelivered: link.waitBlocking(30_000), waiting: spool.waiting });
    };
    const link: SenderLink = new SenderLink(
      {
        destinations: [{ kind: 'otlp', url: `${collector.url}/v1/traces` }],
        userAgent: 'test',
        maxExportBatchSize: 1,
        lagBytes: 1_000,
        scheduleDelayMs: 5,
        backoffMs: 10,
        maxBackoffMs: 20,
      },
      undefined,
      {
        onMessage() {},
        onDone: () => interruptAt('onDone'),
        onRelease(batch) {
          spool.release(batch);
          interruptAt('onRelease');
        },
        onLost() {},
      },
    );
    onTestFinished(async () => {
      await link.close();
      await collector.close();
    });
    spool.append(span, () => {});
    link.send(spool.seal()!);
    expect(await outcome.promise).toEqual({ isDelivered: true, waiting: 0 });
    expect(collector.spans).toHaveLength(1);
  },
);
