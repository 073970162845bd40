import type { AppRequest } from './requests.ts';
import { isBad, slowFromBestTimes } from './slow.ts';

/** Longest time in which a process that has just started is slow. */
const START_MS = 5_000;
const FEWEST_AFTER = 20;

/** Without the slow requests at the begin, if enough follow: a process that starts compiles and connects. */
export function withoutStart(requests: AppRequest[]): AppRequest[] {
  const slowFrom = slowFromBestTimes(requests);
  const until = (requests[0]?.start ?? 0) + START_MS;
  const last = requests.findLastIndex((request) => request.start < until && isBad(request, slowFrom));
  return requests.length - last > FEWEST_AFTER ? requests.slice(last + 1) : requests;
}
