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
  // Doubles of 8 bytes on the heap, which `--max-old-space-size` limits.
  const megabyte = Array.from({ length: MEGABYTE / 8 }, (_, i) => i + 0.5);
  const from = performance.now();
  const untilFull = fault.plan.for / 2;
  const add = (): void => {
    // By elapsed time: a busy process has fewer turns.
    const wanted = megabytes * Math.min(1, (performance.now() - from) / untilFull);
    while (kept.length < wanted) kept.push(megabyte.slice());
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
