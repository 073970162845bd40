import { policyContract } from '../../../test/policy-contract.ts';

policyContract({
  library: 'opossum',
  folder: import.meta.url,
  lowest: 'opossum-6',
  expect: {
    span: {
      name: 'breaker payments open',
      kind: 'INTERNAL',
      attributes: {
        'circuitbreaker.name': 'payments',
        'circuitbreaker.state': 'open',
        'circuitbreaker.outcome': 'fallback',
        'fallback.reason': 'EOPENBREAKER',
      },
    },
    error: {
      name: 'breaker payments open',
      attributes: { 'circuitbreaker.outcome': 'rejected', 'error.type': 'EOPENBREAKER' },
      status: { code: 'ERROR', message: 'Breaker is open' },
    },
  },
});
