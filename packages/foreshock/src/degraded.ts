import { context } from '@opentelemetry/api';
import { guard, noteDegraded, type DegradedMode } from '@foreshock/kit';

export type { DegradedMode };

const MODES: readonly unknown[] = ['stale', 'fallback', 'read_only', 'feature_off'] satisfies DegradedMode[];
const MAX_FEATURE = 64;

/**
 * Says that the current request is answered worse than usual, on purpose:
 *
 * ```js
 * import { degraded } from 'foreshock/degraded';
 * if (payments.isDown) degraded('stale', 'prices');
 * ```
 *
 * The active span gets `degraded.mode` and `degraded.feature`, the metric `degraded.count` is increased, and
 * `foreshock explain` says how many requests were answered so. Does nothing without Foreshock or another SDK; never throws.
 *
 * @param mode another one is ignored
 * @param feature what is degraded: low cardinality, no user's data; 64 characters at most
 */
export function degraded(mode: DegradedMode, feature?: string): void {
  if (!MODES.includes(mode)) return;
  guard('degraded', () => {
    noteDegraded(context.active(), mode, typeof feature === 'string' ? feature.slice(0, MAX_FEATURE) : undefined);
  });
}
