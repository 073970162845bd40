import { observed, replacementOf, type Adapter, type AnyFunction, type Attachment } from '@foreshock/kit';
import type { HttpEvents, ServedOperation } from '../../events.ts';
import { failureOf, type Result } from './failures.ts';
import { operationOf } from './operations.ts';

/** `__dev__`: 17's for the condition `development`. */
const FOLDERS = ['graphql/execution', 'graphql/__dev__/execution'];

/**
 * graphql 15 to 17: `execute` of execution/execute.js runs each operation; `graphql()` and servers call it. Its channels
 * (17) make it build a description, and do not say whether a resolver failed. Its files exist twice: as `.mjs` too.
 */
export const graphql: Adapter<HttpEvents> = {
  library: 'graphql',
  versions: '>=15.0.0 <18',
  upstream: [],
  shows: ['spans', 'parent'],
  summary: 'operations on the span of their request (`POST /graphql query Orders`), errors of resolvers',
  attach(events, hooks) {
    const replaced = (original: AnyFunction): AnyFunction =>
      replacementOf(original, events, hooks, observedExecute, graphql);
    for (const folder of FOLDERS) {
      hooks.onLoad(`${folder}/execute.js`, ({ exports }) => hooks.wrap(exports, 'execute', replaced));
      hooks.onLoad(`${folder}/execute.mjs`, ({ rebind }) => rebind?.('execute', replaced), { bindings: ['execute'] });
    }
  },
};

function observedExecute(original: AnyFunction, attachment: Attachment<HttpEvents>): AnyFunction {
  return observed<ServedOperation>(
    original,
    {
      begin(_self, args) {
        const operation = operationOf(args);
        return operation && attachment.events.operation(operation.type, operation.name);
      },
      // Whatever resolvers do.
      succeeded(served, result: Result) {
        const failure = failureOf(result);
        if (failure) served.failed(failure);
      },
    },
    'graphql execute',
    attachment,
  );
}
