import { guard, type Hooks } from '@foreshock/kit';
import type { Carrier, QueueEvents } from '../../events.ts';
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
 * From 12.38, pg-boss has spans and a column `trace_context`. Its spans have no wait and by default continue no trace,
 * so these replace them. `openTelemetry: { enabled: false }` disables both.
 */
export function observeTelemetry(prototype: Telemetry, queue: QueueEvents, hooks: Hooks): void {
  hooks.wrap(prototype, 'send', (original) => {
    return function (this: Telemetry, ...args: unknown[]) {
      if (!hooks.active || !this.enabled) return original.apply(this, args);
      const [operation, destination, attempted, fn, idsOf] = args as [
        string,
        string | null,
        number | ((result: unknown) => number),
        (carrier: Carrier | null) => Promise<unknown>,
        ((result: unknown) => unknown[] | null)?,
      ];
      // Its sends are reported separately.
      const count = typeof attempted === 'number' ? attempted : 1;
      if (count === 0 || isInternal(destination)) return fn(null);
      const send = guard('pg-boss send', () =>
        queue.send({ system: 'pg-boss', destination: destination ?? undefined, operation, count }),
      );
      if (!send) return fn(null);
      const result = send.run(fn, undefined, [send.carrier ?? null]);
      result.then(
        (value) =>
          guard('pg-boss send', () => {
            const ids = idsOf?.(value) ?? undefined;
            const sent = typeof attempted === 'function' ? attempted(value) : idsOf ? (ids?.length ?? 0) : count;
            send.sent(sent, ids?.length === 1 ? String(ids[0]) : undefined);
          }),
        (error) => guard('pg-boss send', () => send.failed(error)),
      );
      return result;
    };
  });
  // Each runs its last function argument in a span.
  for (const [method, at] of [
    ['receive', 1],
    ['process', 3],
    ['settle', 3],
  ] as const) {
    hooks.wrap(prototype, method, (original) => {
      return function (this: Telemetry, ...args: unknown[]) {
        return hooks.active && this.enabled ? (args[at] as () => unknown)() : original.apply(this, args);
      };
    });
  }
  hooks.wrap(prototype, 'consumed', (original) => {
    return function (this: Telemetry, ...args: unknown[]) {
      if (!hooks.active || !this.enabled) original.apply(this, args);
    };
  });
}
