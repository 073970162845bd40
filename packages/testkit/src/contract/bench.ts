import type { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { trace, type SpanContext } from '@opentelemetry/api';
import type { ReceivedSpan } from '../received-span.ts';
import type { Recorded, RecordedInstrumentation } from '../record-spans.ts';
import type { ContractApp, Job } from './job.ts';
import { markedCalls } from './marked-calls.ts';

/** A span that never comes is waited for this long. */
const PATIENCE_MS = 2_000;
/** That no span comes can only be seen by waiting; a library's next turns of the loop are over by then. */
const QUIET_MS = 25;

/** A call made inside a span of its own, and what came of it. */
export interface Traced {
  caller: SpanContext;
  value: unknown;
  error: unknown;
  /** The spans that were made meanwhile, `caller` not among them. */
  made: ReceivedSpan[];
}

/** What the checks work on: the library, its instrumentation and a recording SDK. */
export class Bench {
  readonly job: Job;
  readonly instrumentation: RecordedInstrumentation;
  readonly recorded: Recorded;
  readonly app: ContractApp;
  /** One more of it, with connections of its own. */
  readonly open: () => Promise<ContractApp>;
  /** What went wrong in the process at large, such as unhandled rejections; a check takes what it expected. */
  readonly faults: string[];

  constructor(
    job: Job,
    instrumentation: RecordedInstrumentation,
    recorded: Recorded,
    app: ContractApp,
    open: () => Promise<ContractApp>,
    faults: string[],
  ) {
    this.job = job;
    this.instrumentation = instrumentation;
    this.recorded = recorded;
    this.app = app;
    this.open = open;
    this.faults = faults;
  }

  /** Makes one call in a span named `caller` and waits for `expected` spans, and for no more of them. */
  async traced(call: () => unknown, expected: number): Promise<Traced> {
    this.recorded.clear();
    const outcome = await this.recorded.inSpan('caller', async (span) => ({
      caller: span.spanContext(),
      ...(await outcomeOf(call)),
    }));
    return { ...outcome, made: await this.madeSpans(expected) };
  }

  /** The spans made by the instrumentation since the last `clear`, or the marks, but for those that belong to no caller. */
  async madeSpans(expected: number): Promise<ReceivedSpan[]> {
    const { ownTraces, marks } = this.job;
    const made = (): ReceivedSpan[] => {
      const spans = this.recorded.spans();
      const made = spans.filter(
        ({ scope, name }) => scope !== 'test' && !ownTraces.some((start) => name.startsWith(start)),
      );
      const callers = spans.filter(({ scope }) => scope === 'test');
      return marks ? [...made, ...markedCalls(marks, callers, this.app.lines?.() ?? [])] : made;
    };
    for (const deadline = Date.now() + PATIENCE_MS; made().length < expected && Date.now() < deadline;) await delay(1);
    await delay(QUIET_MS);
    return made();
  }

  /** One call as `succeed`, in its callback form: with the span that is active inside the callback. */
  viaCallback(): Promise<{ error: unknown; result: unknown; active: string | undefined }> {
    return new Promise((resolve) => {
      this.app.callback!((error, result) => resolve({ error: error ?? undefined, result, active: activeSpanId() }));
    });
  }

  /** What a span must be for its caller's trace to show it in the right place. */
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

/** Which emitters have more listeners than before. */
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

/** What a call gives, sooner or later: a value or an error. */
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

/** One line for a list of spans in a message. */
export function names(spans: readonly ReceivedSpan[]): string {
  return spans.length === 0 ? 'none' : spans.map(({ kind, name }) => `${kind} '${name}'`).join(', ');
}
