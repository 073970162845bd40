import { appendFileSync } from 'node:fs';
import type { Attributes, Span } from '@opentelemetry/api';
import { CHAOS_BOUNDARY, CHAOS_EVENT, CHAOS_MS, CHAOS_TARGET } from '@foreshock/kit/names';
import type { FaultPlan } from './plan.ts';
import { seededRandom } from './random.ts';
import { say } from './say.ts';
import { describeTarget, isTarget, type Target } from './target.ts';

/** The first injection and final count are always logged. */
const SAY_EVERY_MS = 1_000;

export class Fault {
  readonly plan: FaultPlan;
  isActive = false;
  /** Unix milliseconds. */
  readonly endsAt: number;
  readonly #beginsAt: number;
  readonly #random: () => number;
  readonly #record: string | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #atEnd = new Set<() => void>();
  #injected = 0;
  #saidAt = -Infinity;

  constructor(plan: FaultPlan, seed: number, record: string | undefined) {
    this.plan = plan;
    this.#random = seededRandom(seed);
    this.#record = record;
    this.#beginsAt = plan.isFromDate ? plan.from : Date.now() + plan.from;
    this.endsAt = this.#beginsAt + plan.for;
  }

  /** @param onBegin for a fault that waits for no call */
  schedule(onBegin: (fault: Fault) => void): void {
    const now = Date.now();
    if (this.endsAt <= now) return say(`${this} is over already: not injected`);
    this.#after(this.#beginsAt - now, () => {
      this.isActive = true;
      say(`${this} BEGINS, for ${Math.round(this.endsAt - Date.now())} ms`);
      this.#note('begin');
      onBegin(this);
    });
    this.#after(this.endsAt - now, () => this.end());
  }

  end(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    if (!this.isActive) return;
    this.isActive = false;
    for (const run of this.#atEnd) run();
    this.#atEnd.clear();
    say(`${this} ENDED, injected ${this.#injected} times`);
    this.#note('end');
  }

  atEnd(run: () => void): void {
    this.#atEnd.add(run);
  }

  /**
   * Runs once; keeps the process alive meanwhile.
   * @param ms undefined: until the fault ends
   */
  putOff(ms: number | undefined, run: () => void): void {
    const timer = setTimeout(once, Math.max(0, Math.min(ms ?? Infinity, this.endsAt - Date.now())));
    const atEnd = this.#atEnd;
    atEnd.add(once);
    function once(): void {
      clearTimeout(timer);
      if (atEnd.delete(once)) run();
    }
  }

  isAt(target: Target): boolean {
    return this.isActive && isTarget(this.plan.target, target);
  }

  takes(): boolean {
    return this.plan.share >= 1 || this.#random() < this.plan.share;
  }

  delayMs(): number {
    return this.plan.ms + Math.round(this.#random() * this.plan.jitterMs);
  }

  injected(target: Target, spans: readonly Span[], ms?: number): void {
    this.#injected++;
    const attributes: Attributes = { [CHAOS_BOUNDARY]: this.plan.on, [CHAOS_TARGET]: describeTarget(target) };
    if (ms !== undefined) attributes[CHAOS_MS] = ms;
    for (const span of spans) span.addEvent(CHAOS_EVENT + this.plan.fault, attributes);
    const now = Date.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    const on = spans[0] ? `, trace ${spans[0].spanContext().traceId}` : '';
    say(`${this} injected at ${describeTarget(target)} (${this.#injected} so far)${on}`);
  }

  toString(): string {
    const { fault, on, target, ms, share } = this.plan;
    const what = [fault, ms > 0 ? `${ms} ms` : '', `on ${on}`, target ?? '', share < 1 ? `(share ${share})` : ''];
    return what.filter(Boolean).join(' ');
  }

  #after(ms: number, run: () => void): void {
    if (ms <= 0) return run();
    this.#timers.push(setTimeout(run, ms).unref());
  }

  #note(moment: 'begin' | 'end'): void {
    if (!this.#record) return;
    const { fault, on, target } = this.plan;
    const service = process.env['OTEL_SERVICE_NAME'];
    const at = new Date().toISOString();
    try {
      const line = { moment, at, service, fault, on, target, injected: this.#injected };
      appendFileSync(this.#record, `${JSON.stringify(line)}\n`);
    } catch (error) {
      say(`cannot write ${this.#record}: ${(error as Error).message}`);
    }
  }
}
