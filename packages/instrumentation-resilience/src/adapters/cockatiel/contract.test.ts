import { policyContract } from '../../../test/policy-contract.ts';

policyContract({
  library: 'cockatiel',
  folder: import.meta.url,
  lowest: 'cockatiel-3',
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
    identity: 'each policy has an `execute` of its own: the scenarios compare what they give',
    listeners: 'its emitters are not those of Node',
  },
});
