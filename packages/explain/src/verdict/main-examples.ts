import type { Evidence, Share } from '../waits-for/evidence.ts';
import { sumOf } from './largest.ts';

const LEAST_OF_TIME = 0.2;

/** Of the signals that lost most of the time: others are a little slower when all goes on at once. */
export function mainExamples({ examples, bySignal }: Evidence): Share[] {
  const least = sumOf(bySignal) * LEAST_OF_TIME;
  return examples.filter(({ signal }) => signal === undefined || bySignal.get(signal)! >= least);
}
