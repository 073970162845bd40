import { libraryContract } from '@foreshock/testkit';
import { withCalls } from '../../../test/policy-contract.ts';
import { cockatiel } from './index.ts';

libraryContract(cockatiel, import.meta.url, {
  ...withCalls(),
  expect: {
    span: {
      name: 'fallback',
      kind: 'INTERNAL',
      attributes: { 'fallback.outcome': 'fallback', 'fallback.reason': 'Error' },
    },
    error: {
      name: 'breaker open',
      attributes: { 'circuitbreaker.outcome': 'rejected', 'error.type': 'IsolatedCircuitError' },
      status: { code: 'ERROR' },
    },
  },
  skip: {
    callback: 'it has promises only',
    saturation: 'a decision takes no time and nobody waits for one',
    identity: 'each policy has an `execute` of its own: the scenarios compare what they give',
    listeners: 'its emitters are not those of Node',
  },
});
