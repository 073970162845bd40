import type { Adapter } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import { attachRewriter } from './rewriter.ts';
import { attachStream } from './stream.ts';

/** winston 3 exports the class, winston 2 an object with it, from one file. */
export const winston: Adapter<LineEvents> = {
  library: 'winston',
  versions: '>=2.4.0 <4',
  upstream: ['@opentelemetry/instrumentation-winston'],
  shows: [],
  summary: 'the same as metadata of each line, for all formats and transports',

  attach(events, hooks) {
    hooks.onLoad('winston/lib/winston/logger.js', ({ exports }) => {
      if (typeof exports === 'function') attachStream(exports.prototype, events, hooks);
      else attachRewriter(exports.Logger.prototype, events, hooks);
    });
  },
};
