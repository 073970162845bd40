import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { attributeOf, log, report } from '@foreshock/kit';
import { FORESHOCK_INTERRUPTED } from '@foreshock/kit/names';
import { applicationLogger } from './application-logger.ts';
import { BoundaryLine, boundaryOf, type ReadableSpan } from './boundary-line.ts';

/** FORESHOCK_BOUNDARY_LOGS. */
export type BoundaryLogs = 'errors' | 'all';

/**
 * A span processor: a line at each boundary's entry and exit, within the span. A trace's last `enter` without `exit` is
 * where its request stands.
 */
export class BoundaryLog {
  readonly #all: boolean;
  #isWriting = false;
  #isMissing = false;

  /** @param which `errors`: only failures' exits */
  constructor(which: BoundaryLogs) {
    this.#all = which === 'all';
  }

  onStart(span: Span): void {
    if (this.#all) this.#write(span as ReadableSpan, 'enter');
  }

  onEnd(span: object): void {
    const ended = span as ReadableSpan;
    if (this.#all || ended.status.code === SpanStatusCode.ERROR) this.#write(ended, 'exit');
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}

  /** It may throw, or send HTTP. */
  #write(span: ReadableSpan, event: 'enter' | 'exit'): void {
    if (this.#isWriting) return;
    try {
      const boundary = boundaryOf(span);
      // The process ended first.
      if (boundary === undefined || attributeOf(span, FORESHOCK_INTERRUPTED) !== undefined) return;
      const write = applicationLogger();
      if (!write) return this.#missing();
      this.#isWriting = true;
      write(new BoundaryLine(span, event, boundary));
    } catch (error) {
      report('writing a boundary log', error);
    } finally {
      this.#isWriting = false;
    }
  }

  #missing(): void {
    if (this.#isMissing) return;
    this.#isMissing = true;
    log(
      'info',
      'foreshock: FORESHOCK_BOUNDARY_LOGS: the application has made no logger yet, there are no lines until then',
    );
  }
}
