import type { SpanContext } from '@opentelemetry/api';
import { randomWord, spanIdText, traceIdText } from '@foreshock/propagator';

/** 32-bit words, lowest byte first; shared by a trace. */
export interface TraceIdWords {
  readonly first: number;
  readonly second: number;
  readonly third: number;
  readonly fourth: number;
}

/** As numbers: loading and parsing strings would be a third of encoding. */
export class SpanIds {
  readonly trace: TraceIdWords;
  readonly first: number;
  readonly second: number;

  constructor(trace: TraceIdWords, first: number, second: number) {
    this.trace = trace;
    this.first = first;
    this.second = second;
  }

  static of({ traceId, spanId }: SpanContext): SpanIds {
    const trace = {
      first: wordAt(traceId, 0),
      second: wordAt(traceId, 8),
      third: wordAt(traceId, 16),
      fourth: wordAt(traceId, 24),
    };
    return new SpanIds(trace, wordAt(spanId, 0), wordAt(spanId, 8));
  }

  static random(trace: TraceIdWords): SpanIds {
    const first = randomWord();
    const second = randomWord();
    return (first | second) === 0 ? SpanIds.random(trace) : new SpanIds(trace, first, second);
  }

  get text(): string {
    return spanIdText(this.first, this.second);
  }
}

export function randomTraceIdWords(): TraceIdWords {
  const words = { first: randomWord(), second: randomWord(), third: randomWord(), fourth: randomWord() };
  return (words.first | words.second | words.third | words.fourth) === 0 ? randomTraceIdWords() : words;
}

export function textOfTraceId({ first, second, third, fourth }: TraceIdWords): string {
  return traceIdText(first, second, third, fourth);
}

function wordAt(hex: string, at: number): number {
  return byteAt(hex, at) | (byteAt(hex, at + 2) << 8) | (byteAt(hex, at + 4) << 16) | (byteAt(hex, at + 6) << 24);
}

function byteAt(hex: string, at: number): number {
  return (digit(hex.charCodeAt(at)) << 4) | digit(hex.charCodeAt(at + 1));
}

/** In either case. */
function digit(code: number): number {
  return code <= 0x39 ? code - 0x30 : (code | 0x20) - 0x57;
}
