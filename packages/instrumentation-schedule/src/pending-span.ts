import { INVALID_SPAN_CONTEXT, type Span, type SpanContext } from '@opentelemetry/api';
import type { PendingRoot } from '@foreshock/kit';

/** For other tracers: reading a parent's span context creates the root. */
export class PendingSpan implements Span {
  readonly #root: PendingRoot;

  constructor(root: PendingRoot) {
    this.#root = root;
  }

  spanContext(): SpanContext {
    return this.#root.parent()?.spanContext() ?? INVALID_SPAN_CONTEXT;
  }

  isRecording(): boolean {
    return true;
  }

  setAttribute(...args: Parameters<Span['setAttribute']>): this {
    this.#root.parent()?.setAttribute(...args);
    return this;
  }

  setAttributes(...args: Parameters<Span['setAttributes']>): this {
    this.#root.parent()?.setAttributes(...args);
    return this;
  }

  addEvent(...args: Parameters<Span['addEvent']>): this {
    this.#root.parent()?.addEvent(...args);
    return this;
  }

  addLink(...args: Parameters<Span['addLink']>): this {
    this.#root.parent()?.addLink(...args);
    return this;
  }

  addLinks(...args: Parameters<Span['addLinks']>): this {
    this.#root.parent()?.addLinks(...args);
    return this;
  }

  setStatus(...args: Parameters<Span['setStatus']>): this {
    this.#root.parent()?.setStatus(...args);
    return this;
  }

  updateName(...args: Parameters<Span['updateName']>): this {
    this.#root.parent()?.updateName(...args);
    return this;
  }

  recordException(...args: Parameters<Span['recordException']>): void {
    this.#root.parent()?.recordException(...args);
  }

  /** The run ends it. */
  end(): void {}
}
