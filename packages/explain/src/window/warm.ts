import type { AppRequest } from './requests.ts';
import { isBad, slowFromBestTimes } from './slow.ts';

/** Longest slow start of a process. */
const START_MS = 5_000;
const FEWEST_AFTER = 20;

/** Without a mostly slow begin, if enough follows: a new process compiles and connects. */
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
