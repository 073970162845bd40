import {
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { errorTypeOf, withCarrierTrust } from '@foreshock/kit';
import { triggerOf, type Trigger } from './trigger.ts';
import { xRayContext } from './x-ray.ts';

/** The used part of the runtime's `context`. */
export interface LambdaContext {
  readonly awsRequestId?: string;
  readonly invokedFunctionArn?: string;
  readonly functionName?: string;
  getRemainingTimeInMillis?(): number;
}

/** Of the semantic conventions of AWS Lambda. */
const X_RAY: Attributes = { source: 'x-ray-env' };

let isCold = true;

/** One run of the handler. */
export class Invocation {
  readonly context: Context;
  readonly #span: Span;
  readonly #trigger: Trigger;

  constructor(tracer: Tracer, event: unknown, { awsRequestId, invokedFunctionArn, functionName }: LambdaContext) {
    const trigger = (this.#trigger = triggerOf(event));
    // Who may write to a queue of ours is trusted, as of other queues.
    const from = trigger.type === 'pubsub' ? withCarrierTrust(ROOT_CONTEXT) : ROOT_CONTEXT;
    const callers = trigger.carriers.map((carrier) => propagation.extract(from, carrier));
    const links: Link[] = [];
    let parent: Context = ROOT_CONTEXT;
    if (callers.length === 1) parent = callers[0]!;
    else for (const caller of callers) addLink(links, trace.getSpanContext(caller));
    // X-Ray's spans are elsewhere: as parents they would be missing.
    const isKnown = links.length > 0 || trace.getSpanContext(parent) !== undefined;
    if (!isKnown) for (const header of xRayHeaders(trigger)) addLink(links, xRayContext(header), X_RAY);
    const [, , , , account] = invokedFunctionArn?.split(':') ?? [];
    this.#span = tracer.startSpan(
      trigger.name ?? functionName ?? 'invocation',
      {
        kind: trigger.kind,
        links,
        attributes: {
          ...trigger.attributes,
          'faas.trigger': trigger.type,
          'faas.coldstart': isCold,
          ...(awsRequestId !== undefined && { 'faas.invocation_id': awsRequestId }),
          ...(invokedFunctionArn !== undefined && { 'cloud.resource_id': invokedFunctionArn }),
          ...(account !== undefined && { 'cloud.account.id': account }),
        },
      },
      parent,
    );
    isCold = false;
    this.context = trace.setSpan(parent, this.#span);
  }

  succeeded(result: any): void {
    const status = this.#trigger.type === 'http' ? result?.statusCode : undefined;
    if (Number.isInteger(status)) {
      this.#span.setAttribute('http.response.status_code', status);
      if (status >= 500) this.#failed(String(status));
    }
    const failures = result?.batchItemFailures;
    if (Array.isArray(failures) && failures.length > 0) {
      this.#span.setAttribute('messaging.batch.failures', failures.length);
    }
    this.#span.end();
  }

  failed(error: unknown): void {
    this.#failed(errorTypeOf(error));
    this.#span.end();
  }

  #failed(type: string): void {
    this.#span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR });
  }
}

function xRayHeaders({ xRay }: Trigger): readonly unknown[] {
  return xRay && xRay.length > 0 ? xRay : [process.env['_X_AMZN_TRACE_ID']];
}

function addLink(links: Link[], to: Link['context'] | undefined, attributes?: Attributes): void {
  if (to) links.push({ context: to, ...(attributes && { attributes }) });
}
