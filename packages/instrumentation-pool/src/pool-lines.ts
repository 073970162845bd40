import type { PoolState } from './events.ts';
import type { LivePools } from './live-pools.ts';

/** Such as `orders 10/10, 37 waiting`; full pools first. */
export function poolLines(pools: LivePools): string[] {
  const full: string[] = [];
  const others: string[] = [];
  for (const [pool, { source, name, description }] of pools) {
    const state: PoolState = { used: 0, idle: 0, pending: 0 };
    source.count(pool, state);
    const { used, idle, pending } = state;
    const limit = description.limit ?? used + idle;
    const line = `${name} ${used}/${limit}`;
    if (pending > 0) full.push(`${line}, ${pending} waiting`);
    else (used < limit ? others : full).push(line);
  }
  return [...full, ...others];
}
