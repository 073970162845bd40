import { libraryContract } from '@foreshock/testkit';
import { withCalls } from '../../../test/policy-contract.ts';
import { resilienceMutants } from '../../../test/mutants.ts';
import { opossum } from './index.ts';

libraryContract(opossum, import.meta.url, {
  ...withCalls(),
  mutants: resilienceMutants,
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
  skip: {
    callback: 'it has promises only',
    saturation: 'a decision takes no time and nobody waits for one',
  },
});
