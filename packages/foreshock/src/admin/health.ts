import type { ServerResponse } from 'node:http';

/** As in draft-inadarei-api-health-check-06. */
export type Status = 'pass' | 'warn' | 'fail';

export interface Check {
  /** `component:measurement` */
  readonly name: string;
  readonly status: Status;
  readonly componentId?: string;
  readonly componentType?: 'component' | 'datastore' | 'system';
  readonly observedValue?: number;
  readonly observedUnit?: string;
  /** ISO 8601 */
  readonly time?: string;
  /** Why not `pass`. */
  readonly output?: string;
}

/** The worst; a failing check makes it 503. */
export function sendHealth(response: ServerResponse, service: string, checks: readonly Check[]): void {
  const byName: Record<string, Omit<Check, 'name'>[]> = {};
  for (const { name, ...check } of checks) (byName[name] ??= []).push(check);
  const status = worst(checks);
  const reasons = checks.filter((check) => check.status === status && check.status !== 'pass');
  const output = reasons.map(({ name, componentId, output: why }) => `${componentId ?? name}: ${why}`).join('; ');
  const body = JSON.stringify({
    status,
    description: `health of ${service}`,
    ...(output && { output }),
    checks: byName,
  });
  response.writeHead(status === 'fail' ? 503 : 200, {
    'content-type': 'application/health+json',
    'cache-control': 'no-store',
  });
  response.end(body);
}

function worst(checks: readonly Check[]): Status {
  if (checks.some(({ status }) => status === 'fail')) return 'fail';
  return checks.some(({ status }) => status === 'warn') ? 'warn' : 'pass';
}

/** Shorter: a busy loop, reported but no reason to restart. */
const STUCK_MS = 5_000;
const BUSY_MS = 1_000;

export function loopCheck(busyMs: number): Check {
  const status = busyMs >= STUCK_MS ? 'fail' : busyMs >= BUSY_MS ? 'warn' : 'pass';
  const seconds = (busyMs / 1_000).toFixed(1);
  return {
    name: 'event_loop:busy',
    status,
    componentType: 'system',
    observedValue: Math.round(busyMs),
    observedUnit: 'ms',
    ...(status !== 'pass' && { output: `the event loop has not turned for ${seconds} s` }),
  };
}
