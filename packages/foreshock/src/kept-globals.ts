// Injected into the preload by build.mjs in place of the globals: jsdom, fake timers and the like replace these while the
// application runs, and count what is waiting in theirs.
import { performance as clock } from 'node:perf_hooks';

export { clearImmediate, clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from 'node:timers';

export const performance: Pick<typeof clock, 'now' | 'timeOrigin'> = {
  now: clock.now.bind(clock),
  timeOrigin: clock.timeOrigin,
};
