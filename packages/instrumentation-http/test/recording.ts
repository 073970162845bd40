import { context, propagation, trace } from '@opentelemetry/api';
import { ForeshockPropagator } from '@foreshock/propagator';
import { recordSpans, type Recorded, type ReceivedSpan } from '@foreshock/testkit';
import { httpInstrumentation, type HttpConfig } from '@foreshock/instrumentation-http';

export interface Recording extends Recorded {
  enable(): void;
  disable(): void;
  /** Spans end with events of sockets; resolves when there are so many. */
  until(count: number): Promise<ReceivedSpan[]>;
}

/** Our instrumentation, recording in this process, with our propagator. */
export function record(config: HttpConfig = {}): Recording {
  propagation.setGlobalPropagator(new ForeshockPropagator());
  const instrumentation = httpInstrumentation({ ...config, enabled: false });
  const recorded = recordSpans(instrumentation);
  return {
    ...recorded,
    enable: () => instrumentation.enable(),
    disable: () => instrumentation.disable(),
    async until(count) {
      while (recorded.spans().length < count) await new Promise((resolve) => setImmediate(resolve));
      return recorded.spans();
    },
  };
}

/** The trace this code runs in, as a handler would see it. */
export function traceHere(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}

/** The span this code runs in. */
export function spanHere(): string | undefined {
  return trace.getSpanContext(context.active())?.spanId;
}
