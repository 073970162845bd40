import { EventEmitter, once } from 'node:events';
import { propagation } from '@opentelemetry/api';
import { ForeshockPropagator } from '@foreshock/propagator';
import { describeSpans, recordSpans, type Recorded, type ReceivedSpan } from '@foreshock/testkit';
import { queueInstrumentation } from '@foreshock/instrumentation-queue';

/** The boundary with a real SDK in memory, and a way to wait for a span to end. */
export interface Recorder extends Recorded {
  instrumentation: ReturnType<typeof queueInstrumentation>;
  /** Resolves with the spans of this name (of this destination) as soon as there are so many. */
  ended(name: string, count?: number): Promise<ReceivedSpan[]>;
}

const PATIENCE_MS = 25_000;

/** Call it before the library is loaded. */
export function startRecorder(): Recorder {
  const instrumentation = queueInstrumentation();
  const events = new EventEmitter();
  const announce = {
    onStart() {},
    onEnd: () => queueMicrotask(() => events.emit('ended')),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  propagation.setGlobalPropagator(new ForeshockPropagator());
  const recorded = recordSpans(instrumentation, { spanProcessors: [announce] });
  return {
    ...recorded,
    instrumentation,
    async ended(name, count = 1) {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      for (;;) {
        const found = recorded.spans().filter((span) => span.name === name);
        if (found.length >= count) return found;
        try {
          await once(events, 'ended', { signal });
        } catch {
          throw new Error(`${count} times '${name}' did not come, but\n${describeSpans(recorded.spans())}`);
        }
      }
    },
  };
}
