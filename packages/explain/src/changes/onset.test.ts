import { describe, expect, it } from 'vitest';
import { onsetOf, riseOf } from './onset.ts';

/** One sample a second; `x` is odd. */
const samples = (text: string) => Array.from(text, (each, at) => ({ at: at * 1_000, isUsual: each !== 'x' }));

describe('onsetOf', () => {
  it('lies between the last usual sample and the first of mostly odd ones', () => {
    expect(onsetOf(samples('...x....xxxx.x'), 10)).toEqual({ at: 7_500, plusMinusMs: 510 });
  });
});

describe('riseOf', () => {
  it.each([
    ['a third of the calls fails', '..........x..x..x..x..x', { at: 9_500, plusMinusMs: 500 }],
    ['one failed long before', '..x.................xxx.x.xx', { at: 19_500, plusMinusMs: 500 }],
    ['it ends', '..........xx.xxx..........', { at: 9_500, plusMinusMs: 500 }],
    ['all fail', 'xxxx', { at: 0, plusMinusMs: 0 }],
    ['none fails', '....', undefined],
    ['there are none', '', undefined],
  ])('%s', (_, text, onset) => {
    expect(riseOf(samples(text).toReversed())).toEqual(onset);
  });
});
