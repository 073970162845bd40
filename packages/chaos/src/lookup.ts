import * as dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import type { Fault } from './fault.ts';
import type { Faults } from './faults.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

type Lookup = (hostname: string, ...rest: unknown[]) => unknown;
type Answer = (error: Error | null, ...rest: unknown[]) => void;

/** `net.connect` reads `dns.lookup` at each call (lib/net.js, `lookupAndConnect`); also its promise form. */
export function hookLookup(faults: Faults, spans: SpansUnderWay): void {
  const module = process.getBuiltinModule('node:dns') as { lookup: unknown; promises: { lookup: unknown } };
  const { lookup } = dns as unknown as { lookup: Lookup };
  const { lookup: lookupPromise } = dns.promises as unknown as { lookup: Lookup };

  module.lookup = Object.assign(function (this: unknown, hostname: string, ...rest: unknown[]) {
    const answer = rest.at(-1);
    const fault = typeof answer === 'function' ? hit(hostname) : undefined;
    if (!fault) return Reflect.apply(lookup, this, [hostname, ...rest]);
    fault.putOff(waitOf(fault), () => {
      if (fault.plan.fault === 'fail') (answer as Answer)(failure(fault, hostname));
      else Reflect.apply(lookup, this, [hostname, ...rest]);
    });
    return {};
  }, lookup);
  module.promises.lookup = async function (this: unknown, hostname: string, ...rest: unknown[]) {
    const fault = hit(hostname);
    if (fault) {
      await new Promise<void>((resolve) => fault.putOff(waitOf(fault), resolve));
      if (fault.plan.fault === 'fail') throw failure(fault, hostname);
    }
    return Reflect.apply(lookupPromise, this, [hostname, ...rest]);
  };
  syncBuiltinESMExports();

  function hit(hostname: unknown): Fault | undefined {
    if (typeof hostname !== 'string' || isIP(hostname)) return undefined;
    const fault = faults.at(['dns'], { host: hostname }).find((each) => each.takes());
    if (!fault) return undefined;
    const target = { host: hostname };
    spans.findCall(target, '', (marked) => fault.injected(target, marked, waitOf(fault)));
    return fault;
  }
}

/** Undefined: until the fault ends. */
function waitOf(fault: Fault): number | undefined {
  if (fault.plan.fault === 'black-hole') return undefined;
  return fault.plan.fault === 'delay' ? fault.plan.ms : 0;
}

function failure({ plan }: Fault, hostname: string): Error {
  const code = plan.code ?? 'ENOTFOUND';
  return Object.assign(new Error(`getaddrinfo ${code} ${hostname}`), { code, syscall: 'getaddrinfo', hostname });
}
