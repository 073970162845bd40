import { makeLoopWords, type LoopWatchData } from '@foreshock/export';
import type { Config } from '../config.ts';
import { isLogged } from '../log.ts';
import { mayReachMainThread } from '../main-thread-inspector.ts';
import { steadyNow } from '../tracer/clock.ts';
import { offerWhereItStands } from './where-it-stands.ts';

/** Settings for the sender's thread. */
export function loopWatchOf(config: Config): Omit<LoopWatchData, 'resource'> {
  offerWhereItStands();
  return {
    words: makeLoopWords(),
    startedAt: process.hrtime.bigint() - BigInt(Math.round(steadyNow() * 1e6)),
    blockMs: config.blockMs || Infinity,
    mayInterrupt: mayReachMainThread(),
    mayLog: isLogged('warn'),
    mayBeginTrace: !config.sampler.name.endsWith('always_off'),
  };
}
