import type { Evidence } from '../waits-for/evidence.ts';

/** One cause takes over another's requests, and comes first. */
export function withAllOf(cause: Evidence, other: Evidence, ranked: Evidence[]): Evidence[] {
  for (const [request, share] of other.shareOf) {
    const both = Math.min(1, share + (cause.shareOf.get(request) ?? 0));
    if (both >= 0.5 && !cause.mostly.includes(request)) cause.mostly.push(request);
    cause.shareOf.set(request, both);
  }
  cause.requests += other.requests;
  return [cause, ...ranked.filter((each) => each !== cause && each !== other)];
}
