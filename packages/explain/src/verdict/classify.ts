import type { Window } from '../window/choose.ts';
import type { Evidence } from '../waits-for/evidence.ts';

/** How sure the answer is; no percentages: nobody can check them. */
export type Verdict = 'shown' | 'likely' | 'unclear' | 'healthy';

const FEWEST_REQUESTS = 20;
const FEWEST_BAD = 5;
const FEWEST_BEFORE = 20;
/** The second must be behind the first by this much. */
const APART = 1.5;
const LEAST_EXPLAINED = 0.3;
const SHOWN = 0.8;

/** The class, and why it is not a better one. */
export interface Classified {
  verdict: Verdict;
  /** Short sentences: what is missing. */
  doubts: string[];
}

export function classify(window: Window, bad: number, ranked: Evidence[]): Classified {
  const [first, second] = ranked;
  const doubts: string[] = [];
  if (window.within.length < FEWEST_REQUESTS) doubts.push(`only ${window.within.length} requests in the window`);
  if (!window.isChanged) return { verdict: window.within.length < FEWEST_REQUESTS ? 'unclear' : 'healthy', doubts };
  if (window.before.length < FEWEST_BEFORE) doubts.push(`only ${window.before.length} healthy requests before it`);
  if (!first)
    return {
      verdict: bad === 0 ? 'healthy' : 'unclear',
      doubts: bad === 0 ? doubts : [...doubts, 'nothing in the spans explains it'],
    };
  if (bad < FEWEST_BAD) doubts.push(`only ${bad} slow or failed requests`);
  const explains = first.requests / Math.max(bad, 1);
  if (explains < LEAST_EXPLAINED)
    doubts.push(`it explains ${Math.round(explains * 100)} % of the slow and failed requests`);
  if (second && second.requests * APART > first.requests) doubts.push('two causes explain about as much');
  if (doubts.length > 0) return { verdict: 'unclear', doubts };
  return { verdict: first.tied >= SHOWN * bad ? 'shown' : 'likely', doubts };
}
