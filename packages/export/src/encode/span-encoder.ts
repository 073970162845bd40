import type { Attributes } from '@opentelemetry/api';
import type { FinishedSpan, Scope } from '../finished-span.ts';
import { MAX_SPAN_BYTES, MessageWriter, NO_ROOM } from './message-writer.ts';
import { writeResource } from './resource.ts';
import { writeScope } from './scope.ts';
import { writeSpan } from './span.ts';

/**
 * Turns finished spans into `opentelemetry.proto.trace.v1.Span` bytes, straight into the buffer they
 * wait in: no object tree, no JSON, nothing allocated per span. Never throws for what a span holds.
 */
export class SpanEncoder {
  readonly #to = new MessageWriter();

  /**
   * Writes a span into `out` from `at`.
   *
   * @param cap what a span may take, bytes; what does not fit is left out, and counted on the span
   * @returns the position behind it, or -1 when `out` has too little room
   */
  encode(span: FinishedSpan, out: Buffer, at: number, cap: number = MAX_SPAN_BYTES): number {
    const to = this.#to;
    to.begin(out, at, cap);
    try {
      writeSpan(to, span);
      return to.pos;
    } catch (error) {
      if (error === NO_ROOM) return -1;
      throw error;
    }
  }

  /**
   * Writes a `ResourceSpans` message that has a resource and no spans yet. What `out` has no room for
   * is left out.
   *
   * @returns the position behind it
   */
  encodeResource(attributes: Attributes, out: Buffer, at: number): number {
    this.#to.begin(out, at, out.length - at);
    writeResource(this.#to, attributes);
    return this.#to.pos;
  }

  /** Writes a `ScopeSpans` message that has a scope and no spans yet; returns as {@link encode}. */
  encodeScope(scope: Scope, out: Buffer, at: number): number {
    this.#to.begin(out, at, MAX_SPAN_BYTES);
    try {
      writeScope(this.#to, scope);
      return this.#to.pos;
    } catch (error) {
      if (error === NO_ROOM) return -1;
      throw error;
    }
  }
}

let alone: { encoder: SpanEncoder; out: Buffer } | undefined;

/**
 * Encodes one span by itself.
 *
 * @returns a `opentelemetry.proto.trace.v1.Span` message
 */
export function encodeSpan(span: FinishedSpan): Uint8Array {
  alone ??= { encoder: new SpanEncoder(), out: Buffer.alloc(16_384) };
  let end = alone.encoder.encode(span, alone.out, 0);
  if (end === -1) {
    // Not kept: one huge span should not cost its size for good.
    const out = Buffer.alloc(MAX_SPAN_BYTES);
    end = alone.encoder.encode(span, out, 0);
    return out.subarray(0, end);
  }
  return Uint8Array.prototype.slice.call(alone.out, 0, end);
}
