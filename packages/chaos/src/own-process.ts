import type { Fault } from './fault.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

const MEGABYTE = 1024 * 1024;
const SELF = { names: ['this process'] };

/** Blocks the event loop again and again until the fault ends. */
export function blockLoop(fault: Fault, spans: SpansUnderWay): void {
  const block = (): void => {
    if (!fault.takes()) return;
    const ms = fault.delayMs();
    fault.injected(SELF, spans.served(), ms);
    const until = performance.now() + ms;
    while (performance.now() < until);
  };
  const timer = setInterval(block, fault.plan.everyMs).unref();
  fault.atEnd(() => clearInterval(timer));
  block();
}

/** Keeps so much more on the heap, a megabyte at a time, until the fault ends. */
export function fillMemory(fault: Fault, spans: SpansUnderWay): void {
  let kept: unknown[] = [];
  const { megabytes } = fault.plan;
  const add = (): void => {
    // Numbers that are no small integers: 8 bytes each, on the heap that `--max-old-space-size` limits.
    kept.push(Array.from({ length: MEGABYTE / 8 }, (_, i) => i + 0.5));
    if (kept.length >= megabytes) clearInterval(timer);
  };
  const timer = setInterval(add, Math.max(1, Math.floor(fault.plan.for / megabytes / 2))).unref();
  fault.injected(SELF, spans.served());
  fault.atEnd(() => {
    clearInterval(timer);
    kept = [];
  });
}

/** Ends the process as the kernel would: without a word of its own. */
export function killProcess(fault: Fault, spans: SpansUnderWay): void {
  fault.injected(SELF, spans.served());
  process.kill(process.pid, 'SIGKILL');
}
