import type { AppRequest } from './requests.ts';
import { isBad, slowFromBestTimes } from './slow.ts';

/** Longest time in which a process that has just started is slow. */
const START_MS = 5_000;
const FEWEST_AFTER = 20;

/** Without the begin that is mostly slow, if enough follows: a process that starts compiles and connects. */
export function withoutStart(requests: AppRequest[]): AppRequest[] {
  const slowFrom = slowFromBestTimes(requests);
  const until = (requests[0]?.start ?? 0) + START_MS;
  let [bad, last] = [0, -1];
  for (const [at, request] of requests.entries()) {
    if (request.start >= until) break;
    if (isBad(request, slowFrom)) bad++;
    if (bad * 2 > at + 1) last = at;
  }
  return requests.length - last > FEWEST_AFTER ? requests.slice(last + 1) : requests;
}
