import type { Adapter } from '@foreshock/kit';
import type { BreakerMessage } from '../../breaker.ts';
import type { ResilienceEvents } from '../../events.ts';

/** Users of `breaker`, by channels. */
export const handWrittenBreaker: Adapter<ResilienceEvents> = {
  library: 'foreshock-breaker',
  versions: '>=0.1.0 <1',
  upstream: [],
  shows: ['state'],
  title: 'breakers written by hand',
  summary:
    'state on the calls inside, refusals, every change of state, by three lines of [`foreshock/breaker`](https://www.npmjs.com/package/foreshock)',
  attach(resilience, hooks) {
    hooks.onChannel<BreakerMessage>('foreshock:breaker:call', (message) => {
      const { breaker, name, state } = message;
      const call = resilience.call(breaker, 'breaker', name);
      message.run = (fn) => call.begin(state).run(fn, undefined, []);
    });
    hooks.onChannel<BreakerMessage>('foreshock:breaker:state', ({ breaker, name, state }) => {
      resilience.changed(breaker, name, state);
    });
    hooks.onChannel<BreakerMessage>('foreshock:breaker:rejected', ({ breaker, name, error }) => {
      const call = resilience.call(breaker, 'breaker', name);
      call.decided('open');
      call.ended(error === undefined ? 'fallback' : 'failure', error);
    });
  },
};
