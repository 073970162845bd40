import {
  POOL_IDLE,
  POOL_LIMIT,
  POOL_NAME,
  POOL_PENDING,
  POOL_USED,
  POOL_WAIT_MS,
  POOL_WAIT_REASON,
} from '@foreshock/kit/names';
import type { PoolState } from './events.ts';

/** How a connection came to its caller; on the first command it serves. */
export interface Lease {
  readonly poolName: string;
  readonly asked: PoolState;
  readonly waitMs: number | undefined;
  readonly reason: 'queue' | 'connect' | undefined;
}

/** The pool's part of the first command that a connection serves. */
export function leaseAttributes({ poolName, asked, waitMs, reason }: Lease): Record<string, string | number> {
  const attributes = stateOf(poolName, asked);
  if (waitMs !== undefined) attributes[POOL_WAIT_MS] = waitMs;
  if (reason !== undefined) attributes[POOL_WAIT_REASON] = reason;
  return attributes;
}

/** Of a pool, when it was asked. */
export function stateOf(name: string, { used, idle, pending, limit }: PoolState): Record<string, string | number> {
  const attributes: Record<string, string | number> = {
    [POOL_NAME]: name,
    [POOL_USED]: used,
    [POOL_IDLE]: idle,
    [POOL_PENDING]: pending,
  };
  if (limit !== undefined) attributes[POOL_LIMIT] = limit;
  return attributes;
}
