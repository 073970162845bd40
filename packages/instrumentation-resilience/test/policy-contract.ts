import { adapterContract, type AdapterContract } from '@foreshock/testkit';

interface Policies extends Pick<AdapterContract, 'library' | 'expect' | 'skip'> {
  /** Its folder, such as `import.meta.url`. */
  folder: string;
  /** The alias of the lowest version. */
  lowest: string;
}

/** Libraries whose decisions have spans of their own; what the others do shows on the spans of the calls alone. */
export function policyContract({ library, folder, lowest, expect, skip }: Policies): void {
  const contract: AdapterContract = {
    library,
    instrumentation: { module: '@foreshock/instrumentation-resilience', export: 'resilienceInstrumentation' },
    fixture: new URL('./fixture.mjs', folder),
    fixtureCjs: new URL('./fixture.cjs', folder),
    expect,
    skip: {
      callback: 'it has promises only',
      saturation: 'a decision takes no time and nobody waits for one',
      'stands aside': 'upstream has no instrumentation of it',
      ...skip,
    },
  };
  adapterContract(contract);
  adapterContract({ ...contract, libraries: { [library]: lowest } });
}
