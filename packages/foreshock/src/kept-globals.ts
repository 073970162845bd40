// Injected by build.mjs for globals that jsdom, fake timers and others replace.
import { performance as clock } from 'node:perf_hooks';
import * as timers from 'node:timers';

// Constants: the schedule boundary patches the module.
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate;
export const clearInterval: typeof timers.clearInterval = timers.clearInterval;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const setInterval: typeof timers.setInterval = timers.setInterval;
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;

export const performance: Pick<typeof clock, 'now' | 'timeOrigin'> = {
  now: clock.now.bind(clock),
  timeOrigin: clock.timeOrigin,
};
