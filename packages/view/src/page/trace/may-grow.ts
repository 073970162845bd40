import type { TraceRows } from '../contract.ts';

const RECENT_MS = 60_000;
const MOST_SPANS = 5_000;

/** Whether more spans or log lines may arrive for the page. */
export function mayGrow({ from, ends }: TraceRows): boolean {
  const last = ends.reduce((latest, end) => Math.max(latest, end), 0);
  return ends.length < MOST_SPANS && Date.now() - from - last / 1e6 < RECENT_MS;
}
