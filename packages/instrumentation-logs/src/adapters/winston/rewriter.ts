import { errorTypeOf, report, type Hooks } from '@foreshock/kit';
import type { LineEvents, LineFields } from '../../events.ts';
import { isWarning, writerOf } from './levels.ts';
import { withFields } from './with-fields.ts';

/**
 * winston 2's `log` (lib/winston/logger.js) finds metadata among its arguments by the message's placeholders, then
 * passes it through `rewriters`, before it returns. Another argument might fill a placeholder, so a rewriter adds the
 * fields during the call.
 */
export function attachRewriter(prototype: any, events: LineEvents, hooks: Hooks): void {
  // By hand: the rewriter must go, also when a transport throws.
  hooks.wrap(
    prototype,
    'log',
    (log) =>
      function logInTrace(this: any, ...args: any[]) {
        // Once made, the module's looks like the application's.
        if (hooks.active) events.useLogger?.(writerOf(this));
        const rewriters: unknown = this?.rewriters;
        const rewriter =
          hooks.active && Array.isArray(rewriters) && Object.isExtensible(rewriters) ? rewriterOf(events) : undefined;
        if (!rewriter) return log.apply(this, args);
        (rewriters as unknown[]).push(rewriter);
        try {
          return log.apply(this, args);
        } finally {
          const at = (rewriters as unknown[]).lastIndexOf(rewriter);
          if (at >= 0) (rewriters as unknown[]).splice(at, 1);
        }
      },
  );
}

function rewriterOf(
  events: LineEvents,
): ((level: unknown, message: unknown, meta: any, logger: any) => any) | undefined {
  let fields: LineFields | undefined;
  try {
    fields = events.fields();
  } catch (error) {
    report('winston log', error);
  }
  if (fields === undefined) return undefined;
  let found: LineFields | undefined = fields;
  return (level, _message, meta, logger) => {
    // Another line, by a transport or listener.
    if (found === undefined) return meta;
    const own = found;
    found = undefined;
    try {
      if (meta instanceof Error && isWarning(logger?.levels, level)) events.logged(errorTypeOf(meta));
      return typeof meta === 'object' && meta !== null ? withFields(meta, own) : meta;
    } catch (error) {
      report('winston log', error);
      return meta;
    }
  };
}
