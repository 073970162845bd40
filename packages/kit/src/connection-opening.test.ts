import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { ConnectionOpening, rememberOpening } from './connection-opening.ts';

const KEY = createContextKey('request');

function open(connection: object): { opening: ConnectionOpening; request: WeakRef<object> } {
  const request = { body: 'x'.repeat(1_000) };
  const opening = new ConnectionOpening({ system: 'mysql' }, ROOT_CONTEXT.setValue(KEY, request));
  return { opening: rememberOpening(connection, opening), request: new WeakRef(request) };
}

it.each(['ready', 'over'] as const)('does not keep who asked for a connection that is %s', async (end) => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const connection = {};
  const { opening, request } = open(connection);
  opening[end]();
  await new Promise((resolve) => setImmediate(resolve));
  gc();
  expect(request.deref()).toBeUndefined();
  expect(opening.took()).toBeTypeOf('object');
});
