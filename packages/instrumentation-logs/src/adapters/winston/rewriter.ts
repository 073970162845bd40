import { errorTypeOf, report, type Hooks } from '@foreshock/kit';
import type { LineEvents } from '../../events.ts';
import type { LineFields } from '../../line-fields.ts';
import { severityOfName } from '../../severity.ts';
import { isWarning, writerOf } from './levels.ts';
import { withFields } from './with-fields.ts';

/**
 * winston 2's `log` (lib/winston/logger.js) finds metadata among its arguments by the message's placeholders, then
 * passes it through `rewriters`, before it returns. Another argument might fill a placeholder, so a rewriter adds the
 * fields during the call. Filters, as for redaction, come after it: the last one sees what is written.
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
        const removeRewriter = hooks.active ? added(this?.rewriters, () => rewriterOf(events)) : undefined;
        const removeFilter = hooks.active && events.send ? added(this?.filters, () => filterOf(events)) : undefined;
        try {
          return log.apply(this, args);
        } finally {
          removeRewriter?.();
          removeFilter?.();
        }
      },
  );
}

/** @returns what removes it; undefined if there is none */
function added(list: unknown, make: () => unknown): (() => void) | undefined {
  if (!Array.isArray(list) || !Object.isExtensible(list)) return undefined;
  const item = make();
  if (item === undefined) return undefined;
  list.push(item);
  return () => {
    const at = list.lastIndexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
}

function filterOf(events: LineEvents): (level: string, message: unknown, meta: unknown, logger: any) => unknown {
  let isSent = false;
  return (level, msg, meta) => {
    // Another line, by a transport or listener, has its own.
    if (!isSent) {
      isSent = true;
      const attributes = typeof meta === 'object' && meta !== null ? { ...meta } : {};
      if (meta instanceof Error) Object.assign(attributes, { 'exception.type': meta.name, stack: meta.stack });
      events.send?.({ severityNumber: severityOfName(level), severityText: level, message: msg, attributes });
    }
    return { msg, meta };
  };
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
