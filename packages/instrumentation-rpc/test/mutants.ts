/* Faults that the checks of the room’s contract must find. */
import type { Mutant } from '@foreshock/testkit';

const ADAPTER = 'instrumentation-rpc/src/adapters/grpc-js';
const library = '@grpc/grpc-js';

export const rpcMutants: readonly Mutant[] = [
  {
    check: 'kinds of calls',
    library,
    fault: 'the trace does not go with the call',
    file: `${ADAPTER}/client.ts`,
    from: 'call.propagate(new MetadataHeaders(metadata));',
    to: '',
  },
  {
    check: 'kinds of calls',
    library,
    fault: 'what a handler is told is not in its context',
    file: `${ADAPTER}/server.ts`,
    from: 'if (call) args[0] = new ServedListener(call, args[0]);',
    to: 'void [call, args];',
  },
  {
    check: 'status on both sides',
    library,
    fault: 'each status but OK is a failure of the server',
    file: 'instrumentation-rpc/src/served-call.ts',
    from: 'isServerError(name) ? name : undefined',
    to: "name === 'OK' ? undefined : name",
  },
  {
    check: 'deadline',
    library,
    fault: 'what waits for the server waits for a connection',
    file: 'instrumentation-rpc/src/attempt.ts',
    from: "(this.#hasResponse ? 'download' : 'ttfb')",
    to: "'connect'",
  },
  {
    check: 'wait for a connection',
    library,
    fault: 'a call in the queue of its channel does not wait',
    file: `${ADAPTER}/client.ts`,
    from: "attempt.waitsFor('connect');",
    to: '',
  },
  {
    check: 'attempts of its policy',
    library,
    fault: 'later attempts send the trace of the first one',
    file: `${ADAPTER}/client.ts`,
    from: 'attempt.propagate(new MetadataHeaders(metadata));',
    to: '',
  },
  {
    check: 'messages never recorded',
    library,
    fault: 'a server’s words are recorded',
    file: 'instrumentation-rpc/src/attempt.ts',
    from: 'wasSent ? undefined : ownWords(details)',
    to: 'details',
  },
  {
    check: 'connections',
    library,
    fault: 'a connection is in the trace of its first call',
    file: `${ADAPTER}/client.ts`,
    from: "hooks.detach(exports.Subchannel.prototype, 'startConnecting'),",
    to: 'void exports,',
  },
];
