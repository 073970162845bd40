import type { ForeshockPropagator } from '@foreshock/propagator';
import type { PluginConfig } from './plugin-config.ts';

export function boundaryConfigs(config: PluginConfig, propagator: ForeshockPropagator) {
  const { propagateNotTo, ownCommands, keyHash } = config;
  const hops = {
    propagateTo: (host: string) => propagator.mayPropagateTo(host),
    trustIncoming: config.trustIncoming,
  };
  return {
    http: {
      ...hops,
      tellTrace: propagator.fields().includes('x-trace-id'),
    },
    rpc: hops,
    db: { errorMessages: config.dbErrorMessages, keyHash },
    pool: { leakMs: config.poolLeakMs },
    cache: { errorMessages: config.dbErrorMessages, keyHash },
    queue: {
      // Calls with an excluded destination are refused.
      ...(propagateNotTo && { propagateTo: (destination: string) => !propagateNotTo.includes(destination) }),
      ownCommands: (library: string) => ownCommands?.includes(library) === true,
    },
    logs: { boundaryLogs: config.boundaryLogs, consoleJson: config.consoleJson },
    resilience: { propagateAttempts: config.propagateAttempts },
  };
}
