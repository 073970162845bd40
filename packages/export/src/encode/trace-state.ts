import type { SpanContext } from '@opentelemetry/api';
import type { MessageWriter } from './message-writer.ts';

export function writeTraceState(to: MessageWriter, { traceState }: SpanContext): void {
  let text: unknown;
  try {
    text = traceState?.serialize();
  } catch {
    return;
  }
  if (text && typeof text === 'string') to.text((3 << 3) | 2, text);
}
