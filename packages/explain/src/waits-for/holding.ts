import type { Signal } from '../decompose/signals.ts';
import type { Known } from './context.ts';
import type { HolderActivity } from './holders.ts';
import type { Place } from './place.ts';

/** Least share of the known hold that an activity explains. */
const LEAST_SHARE = 0.5;

/** What a holder mostly did meanwhile; empty if unknown. */
export function holdingFor(
  { whole, changes }: Known,
  { service, resource }: Place,
  { samples }: HolderActivity,
): string {
  const { signals, table } = whole;
  const sums = new Map<string, number>();
  let all = 0;
  for (const { at, ms } of samples) {
    const { signal } = changes[signals.signal[at]!]!;
    // It waited for this before holding it.
    if (signal.service === service && signal.peer === resource) continue;
    const doing = describe((id) => table.strings.text(id), service, signal);
    sums.set(doing, (sums.get(doing) ?? 0) + ms);
    all += ms;
  }
  for (const [doing, ms] of sums) if (ms > all * LEAST_SHARE) return doing;
  return '';
}

function describe(text: (id: number) => string, holder: number, { service, kind, peer, operation }: Signal): string {
  if (service !== holder) return `called ${text(service)}`;
  switch (kind) {
    case 'self':
      return 'worked';
    case 'blocked':
      return 'blocked the event loop';
    case 'gc':
      return 'was stopped by garbage collection';
    case 'backOff':
      return `paused before it called ${text(peer)} again`;
    case 'poolWait':
    case 'poolConnect':
      return `waited for ${text(peer)}`;
    case 'dependency':
      return operation === 0 || operation === peer
        ? `called ${text(peer)}`
        : `called ${text(peer)} (\`${text(operation)}\`)`;
    default:
      return `called ${text(peer)}`;
  }
}
