import type { Attributes } from '@opentelemetry/api';
import type { FinishedSpan, Scope } from '../finished-span.ts';
import type { LogRecord } from '../log-record.ts';
import { MAX_LOG_BYTES, writeLog } from './log.ts';
import { MAX_SPAN_BYTES, MessageWriter, NO_ROOM } from './message-writer.ts';
import { writeResource } from './resource.ts';
import { writeScope } from './scope.ts';
import { writeSpan } from './span.ts';

/** Writes into the spool without allocations. Never throws for a span's content. */
export class SpanEncoder {
  readonly #to = new MessageWriter();

  /**
   * @param cap most bytes; the rest is counted
   * @returns the position after it, or -1 if it does not fit
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

  /** As {@link encode}. */
  encodeLog(log: LogRecord, out: Buffer, at: number): number {
    const to = this.#to;
    to.begin(out, at, MAX_LOG_BYTES);
    try {
      writeLog(to, log);
      return to.pos;
    } catch (error) {
      if (error === NO_ROOM) return -1;
      throw error;
    }
  }

  /**
   * A `ResourceSpans` without spans, with the attributes that fit.
   *
   * @returns the position after it
   */
  encodeResource(attributes: Attributes, out: Buffer, at: number): number {
    this.#to.begin(out, at, out.length - at);
    writeResource(this.#to, attributes);
    return this.#to.pos;
  }

  /** A `ScopeSpans` without spans; as {@link encode}. */
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

/** An `opentelemetry.proto.trace.v1.Span`. */
export function encodeSpan(span: FinishedSpan): Uint8Array {
  alone ??= { encoder: new SpanEncoder(), out: Buffer.alloc(16_384) };
  let end = alone.encoder.encode(span, alone.out, 0);
  if (end === -1) {
    // Huge spans must not retain theirs.
    const out = Buffer.alloc(MAX_SPAN_BYTES);
    end = alone.encoder.encode(span, out, 0);
    return out.subarray(0, end);
  }
  return Uint8Array.prototype.slice.call(alone.out, 0, end);
}
