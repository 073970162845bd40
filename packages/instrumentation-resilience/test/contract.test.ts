import { adapterContract, type AdapterContract } from '@foreshock/testkit';

/** Libraries whose decisions have spans of their own; what the others do shows on the spans of the calls alone. */
function contractOf(
  library: string,
  expected: AdapterContract['expect'],
  skip: AdapterContract['skip'] = {},
): AdapterContract {
  return {
    library,
    instrumentation: { module: '@foreshock/instrumentation-resilience', export: 'resilienceInstrumentation' },
    fixture: new URL(`./fixtures/contract-${library}.mjs`, import.meta.url),
    fixtureCjs: new URL(`./fixtures/contract-${library}.cjs`, import.meta.url),
    expect: expected,
    skip: {
      callback: 'it has promises only',
      saturation: 'a decision takes no time and nobody waits for one',
      'stands aside': 'upstream has no instrumentation of it',
      ...skip,
    },
  };
}

const contracts = [
  contractOf('opossum', {
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
  }),
  contractOf(
    'cockatiel',
    {
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
    {
      identity: 'each policy has an `execute` of its own: the scenarios compare what they give',
      listeners: 'its emitters are not those of Node',
    },
  ),
];
const LOWEST: Record<string, string> = { opossum: 'opossum-6', cockatiel: 'cockatiel-3' };

for (const contract of contracts) {
  adapterContract(contract);
  adapterContract({ ...contract, libraries: { [contract.library]: LOWEST[contract.library]! } });
}
