import type { Fault } from './fault.ts';
import type { SpansUnderWay } from './spans-under-way.ts';

const MEGABYTE = 1024 * 1024;
const SELF = { names: ['this process'] };

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

export function fillMemory(fault: Fault, spans: SpansUnderWay): void {
  let kept: unknown[] = [];
  const { megabytes } = fault.plan;
  const from = performance.now();
  const untilFull = fault.plan.for / 2;
  const add = (): void => {
    // By the time that has passed: a busy process has fewer turns.
    const wanted = megabytes * Math.min(1, (performance.now() - from) / untilFull);
    // Doubles of 8 bytes on the heap, which `--max-old-space-size` limits.
    while (kept.length < wanted) kept.push(new Array(MEGABYTE / 8).fill(0.5));
    if (kept.length >= megabytes) clearInterval(timer);
  };
  const timer = setInterval(add, Math.max(1, Math.floor(untilFull / megabytes))).unref();
  fault.injected(SELF, spans.served());
  fault.atEnd(() => {
    clearInterval(timer);
    kept = [];
  });
}

/** SIGKILL, like the kernel's OOM killer. */
export function killProcess(fault: Fault, spans: SpansUnderWay): void {
  fault.injected(SELF, spans.served());
  process.kill(process.pid, 'SIGKILL');
}
