import { SpanKind, trace, type Context, type Span } from '@opentelemetry/api';
import { report } from '@foreshock/kit';
import { LivePools } from './live-pools.ts';

/**
 * Span processor: calls to elsewhere (HTTP, a queue, another database) during which a pool's connection was held, on
 * the holder's span.
 */
export class HeldAcrossIo {
  onStart(span: Span, parent: Context): void {
    try {
      if (!isCall(span)) return;
      const holder = trace.getSpan(parent);
      if (!holder) return;
      for (const pools of LivePools.all)
        pools.forHoldings((holding) => holding.span === holder && holding.callStarted(span));
    } catch (error) {
      report('calls while a connection is held', error);
    }
  }

  onEnd(span: object): void {
    try {
      if (!isCall(span)) return;
      for (const pools of LivePools.all) pools.forHoldings((holding) => holding.callEnded(span));
    } catch (error) {
      report('calls while a connection is held', error);
    }
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function isCall(span: object): boolean {
  const { kind } = span as { kind?: SpanKind };
  return kind === SpanKind.CLIENT || kind === SpanKind.PRODUCER;
}
