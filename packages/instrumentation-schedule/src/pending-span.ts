import { INVALID_SPAN_CONTEXT, type Span, type SpanContext } from '@opentelemetry/api';
import { guard, type PendingRoot } from '@foreshock/kit';

/** Other tracers create the root by reading a parent's span context. */
export class PendingSpan implements Span {
  readonly #root: PendingRoot;

  constructor(root: PendingRoot) {
    this.#root = root;
  }

  #use<R>(use: (span: Span) => R): R | undefined {
    return guard('the span of a job', () => {
      const span = this.#root.parent();
      return span && use(span);
    });
  }

  spanContext(): SpanContext {
    return this.#use((span) => span.spanContext()) ?? INVALID_SPAN_CONTEXT;
  }

  isRecording(): boolean {
    return true;
  }

  setAttribute(...args: Parameters<Span['setAttribute']>): this {
    this.#use((span) => span.setAttribute(...args));
    return this;
  }

  setAttributes(...args: Parameters<Span['setAttributes']>): this {
    this.#use((span) => span.setAttributes(...args));
    return this;
  }

  addEvent(...args: Parameters<Span['addEvent']>): this {
    this.#use((span) => span.addEvent(...args));
    return this;
  }

  addLink(...args: Parameters<Span['addLink']>): this {
    this.#use((span) => span.addLink(...args));
    return this;
  }

  addLinks(...args: Parameters<Span['addLinks']>): this {
    this.#use((span) => span.addLinks(...args));
    return this;
  }

  setStatus(...args: Parameters<Span['setStatus']>): this {
    this.#use((span) => span.setStatus(...args));
    return this;
  }

  updateName(...args: Parameters<Span['updateName']>): this {
    this.#use((span) => span.updateName(...args));
    return this;
  }

  recordException(...args: Parameters<Span['recordException']>): void {
    this.#use((span) => span.recordException(...args));
  }

  /** The run ends it. */
  end(): void {}
}
