import { libraryContract } from '@foreshock/testkit';
import { withCalls } from '../../../test/policy-contract.ts';
import { handWrittenBreaker } from './index.ts';

libraryContract(handWrittenBreaker, import.meta.url, {
  ...withCalls(),
  expect: {
    span: { name: 'GET', kind: 'CLIENT', attributes: { 'circuitbreaker.name': 'payments' } },
    error: {
      name: 'breaker payments open',
      attributes: { 'circuitbreaker.outcome': 'rejected', 'error.type': 'RangeError' },
      status: { code: 'ERROR', message: 'open' },
    },
  },
  skip: {
    callback: 'it has promises only',
    identity: 'nothing of it is patched',
    listeners: 'nothing is listened to',
    connections: 'its connections are those of an HTTP client',
  },
});
