import { propagation } from '@opentelemetry/api';
import type { Instrumentation } from '@foreshock/kit';
import { ForeshockPropagator } from '@foreshock/propagator';
import { rpcInstrumentation, type RpcConfig } from '@foreshock/instrumentation-rpc';

/** The room as an application has it: with a propagator. */
export function rpcWithPropagator(config: RpcConfig): Instrumentation {
  propagation.setGlobalPropagator(new ForeshockPropagator());
  return rpcInstrumentation(config);
}
