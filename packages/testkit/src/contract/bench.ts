import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { trace, type SpanContext } from '@opentelemetry/api';
import type { ReceivedSpan } from '../received-span.ts';
import type { Recorded, RecordedInstrumentation } from '../record-spans.ts';
import type { ContractApp } from './app.ts';
import { markedCalls, type Marks } from './marked-calls.ts';

/** Longest wait for a span. */
const PATIENCE_MS = 2_000;
/** For unexpected spans; longer than a library's next turns. */
const QUIET_MS = 25;

export interface Traced {
  caller: SpanContext;
  value: unknown;
  error: unknown;
  made: ReceivedSpan[];
}

/** What checks read of their `Job`. */
export interface BenchJob {
  library: string;
  env: Record<string, string>;
  upstream: string | undefined;
  closures: boolean;
  marks: Marks | undefined;
}

/** Library, instrumentation, recording SDK. */
export class Bench {
  readonly job: BenchJob;
  readonly instrumentation: RecordedInstrumentation;
  readonly recorded: Recorded;
  readonly app: ContractApp;
  /** A second application. */
  readonly open: () => Promise<ContractApp>;
  /** Another, with the same SDK. */
  readonly another: () => RecordedInstrumentation;
  /** Such as unhandled rejections; a check removes the expected ones. */
  readonly faults: string[];
  /** For the library's commands. */
  readonly commands: ((config: object) => RecordedInstrumentation) | undefined;

  constructor(
    job: BenchJob,
    instrumentation: RecordedInstrumentation,
    recorded: Recorded,
    app: ContractApp,
    open: () => Promise<ContractApp>,
    another: () => RecordedInstrumentation,
    faults: string[],
    commands: Bench['commands'],
  ) {
    this.job = job;
    this.instrumentation = instrumentation;
    this.recorded = recorded;
    this.app = app;
    this.open = open;
    this.another = another;
    this.faults = faults;
    this.commands = commands;
  }

  /** Exactly `expected` spans. */
  async traced(call: () => unknown, expected: number): Promise<Traced> {
    this.recorded.clear();
    const outcome = await this.recorded.inSpan('caller', async (span) => ({
      caller: span.spanContext(),
      ...(await outcomeOf(call)),
    }));
    return { ...outcome, made: await this.madeSpans(expected) };
  }

  /** Spans or marks since `clear`. */
  async madeSpans(expected: number): Promise<ReceivedSpan[]> {
    const { marks } = this.job;
    const made = (): ReceivedSpan[] => {
      const spans = this.recorded.spans();
      const made = spans.filter(({ scope }) => scope !== 'test');
      const callers = spans.filter(({ scope }) => scope === 'test');
      return marks ? [...made, ...markedCalls(marks, callers, this.app.lines?.() ?? [])] : made;
    };
    for (const deadline = Date.now() + PATIENCE_MS; made().length < expected && Date.now() < deadline;) await delay(1);
    await delay(QUIET_MS);
    return made();
  }

  viaCallback(): Promise<{ error: unknown; result: unknown; active: string | undefined }> {
    return new Promise((resolve) => {
      this.app.callback!((error, result) => resolve({ error: error ?? undefined, result, active: activeSpanId() }));
    });
  }

  /** That misplace spans in the caller's trace. */
  misplaced({ caller, made }: Traced): string[] {
    return made
      .filter((span) => span.traceId !== caller.traceId || span.parentSpanId !== caller.spanId)
      .map((span) => `'${span.name}' is not a child of the caller's span`);
  }

  listeners(): Map<EventEmitter, Map<string | symbol, number>> {
    return new Map(
      (this.app.emitters?.() ?? []).map((emitter) => [
        emitter,
        new Map(emitter.eventNames().map((event) => [event, emitter.listenerCount(event)])),
      ]),
    );
  }
}

export function moreListeners(before: ReturnType<Bench['listeners']>, after: ReturnType<Bench['listeners']>): string[] {
  const problems: string[] = [];
  for (const [emitter, events] of after) {
    const known = before.get(emitter);
    if (!known) continue;
    for (const [event, count] of events) {
      const had = known.get(event) ?? 0;
      if (count > had)
        problems.push(`${emitter.constructor.name} has ${count} '${String(event)}' listeners, had ${had}`);
    }
  }
  return problems;
}

/** Synchronous or not. */
export async function outcomeOf(call: () => unknown): Promise<{ value: unknown; error: unknown }> {
  try {
    return { value: await call(), error: undefined };
  } catch (error) {
    return { value: undefined, error };
  }
}

export function activeSpanId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().spanId;
}

export function names(spans: readonly ReceivedSpan[]): string {
  return spans.length === 0 ? 'none' : spans.map(({ kind, name }) => `${kind} '${name}'`).join(', ');
}
