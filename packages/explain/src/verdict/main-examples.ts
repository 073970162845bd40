import type { Evidence, Share } from '../waits-for/evidence.ts';
import { sumOf } from './largest.ts';

const LEAST_OF_TIME = 0.2;

/** Of the signals that lost most time: others slow a little together. */
export function mainExamples({ examples, bySignal }: Evidence): Share[] {
  const least = sumOf(bySignal) * LEAST_OF_TIME;
  return examples.filter(({ signal }) => signal === undefined || bySignal.get(signal)! >= least);
}
