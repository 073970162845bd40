import type { AdapterContract } from '@foreshock/testkit';

const MODULE = new URL('instrumentations.ts', import.meta.url).href;

export const queueWithPropagator = { module: MODULE, export: 'queueWithPropagator' };

let names = 0;

/** A queue or topic of a server that others use too. */
export function uniqueName(): string {
  return `emails-${process.pid}-${++names}`;
}

/** The spans of one message sent, well and in vain. */
export function sentBy(
  system: string,
  operation: string,
  destination: string,
  error: string,
  failedDestination = destination,
): AdapterContract['expect'] {
  const span = (where: string): Record<string, unknown> => ({
    name: `send ${where}`,
    kind: 'PRODUCER',
    scope: '@foreshock/instrumentation-queue',
    links: [],
    events: [],
    attributes: {
      'messaging.system': system,
      'messaging.operation.name': operation,
      'messaging.operation.type': 'send',
      'messaging.destination.name': where,
    },
  });
  return {
    span: span(destination),
    error: { ...span(failedDestination), status: { code: 'ERROR' }, attributes: { 'error.type': error } },
  };
}
