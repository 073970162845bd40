import { observed, type Hooks, type MethodCalls, type Run } from '@foreshock/kit';
import type { Carrier, QueueEvents, Send } from '../../events.ts';
import { isInternal } from './job.ts';

/** dist/telemetry.js. */
interface Telemetry {
  enabled: boolean;
  send: unknown;
  receive: unknown;
  process: unknown;
  settle: unknown;
  consumed: unknown;
}

/**
 * From 12.38, pg-boss has spans, by default without a trace: these replace them. `openTelemetry: { enabled: false }`
 * disables both.
 */
export function observeTelemetry(prototype: Telemetry, queue: QueueEvents, hooks: Hooks): void {
  const replace = (method: keyof Telemetry & string, instead: (...args: any[]) => any): void => {
    const run: Run = (original, telemetry, args) =>
      (telemetry as Telemetry).enabled ? instead(...args) : Reflect.apply(original, telemetry, args);
    hooks.runBy(prototype, method, run);
  };
  replace('send', (operation, destination, attempted, fn, idsOf) =>
    observed(fn, sendOf(queue, operation, destination, attempted, idsOf), 'pg-boss send')(null),
  );
  // These run a function in a span.
  replace('receive', (_destination, fn) => fn());
  for (const method of ['process', 'settle'] as const) replace(method, (_a, _b, _c, fn) => fn());
  replace('consumed', () => undefined);
}

/** Its sends are reported separately. The function gets the job's trace. */
function sendOf(
  queue: QueueEvents,
  operation: string,
  destination: string | null,
  attempted: number | ((result: unknown) => number),
  idsOf: ((result: unknown) => unknown[] | null) | undefined,
): MethodCalls<Send> {
  const count = typeof attempted === 'number' ? attempted : 1;
  return {
    begin(_self, args: [Carrier | null]) {
      if (count === 0 || isInternal(destination)) return undefined;
      const send = queue.send({ system: 'pg-boss', destination: destination ?? undefined, operation, count });
      args[0] = send?.carrier ?? null;
      return send;
    },
    within: (send) => send,
    succeeded(send, value) {
      const ids = idsOf?.(value) ?? undefined;
      const sent = typeof attempted === 'function' ? attempted(value) : idsOf ? (ids?.length ?? 0) : count;
      send.sent(sent, ids?.length === 1 ? String(ids[0]) : undefined);
    },
    failed: (send, error) => send.failed(error),
  };
}
