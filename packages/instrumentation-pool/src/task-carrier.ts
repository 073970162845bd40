import { defaultTextMapSetter, propagation, ROOT_CONTEXT, type Context } from '@opentelemetry/api';
import { Caller, mayBeginRoot, withCarrierTrust, type Telemetry } from '@foreshock/kit';
import type { LimitedTask, TaskCarrier, ThreadTask } from './events.ts';
import { TaskRoot } from './task-root.ts';

const OWN_PROCESS = withCarrierTrust(ROOT_CONTEXT);

/** Contexts do not survive `postMessage`. */
export function carrierOf(task: LimitedTask): TaskCarrier | undefined {
  const written: Record<string, string> = {};
  propagation.inject(task.context, written, defaultTextMapSetter);
  for (const _ in written) return written;
  return undefined;
}

/** @param name of the pool */
export function threadTaskOf(telemetry: Telemetry, carrier: TaskCarrier | undefined, name: string): ThreadTask {
  if (carrier) return new CallersTask(propagation.extract(OWN_PROCESS, carrier));
  const beginsRoot = mayBeginRoot(ROOT_CONTEXT, telemetry.tracer);
  return new CallersTask(ROOT_CONTEXT, beginsRoot ? new TaskRoot(telemetry, name) : undefined);
}

class CallersTask extends Caller implements ThreadTask {
  readonly #root: TaskRoot | undefined;

  constructor(where: Context, root?: TaskRoot) {
    super(root?.context ?? where);
    this.#root = root;
  }

  ended(): void {
    this.#root?.ended();
  }
}
