/* Faults that the checks of the room’s contract must find. */
import type { Mutant } from '@foreshock/testkit';

const WAIT = 'instrumentation-pool/src/wait.ts';

export const poolMutants: readonly Mutant[] = [
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'a caller behind another has no span',
    file: 'instrumentation-pool/src/acquisition.ts',
    from: 'beginWait(hindrance?: WaitReason): void {\n',
    to: 'beginWait(hindrance?: WaitReason): void {\n    if (this.pending > 0) return;\n',
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'the limit is missing',
    file: 'instrumentation-pool/src/known-pool.ts',
    from: "'db.system.name': system, [POOL_LIMIT]: limit })",
    to: "'db.system.name': system })",
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'more are used than there are',
    file: WAIT,
    from: '[POOL_USED]: used, [POOL_PENDING]',
    to: '[POOL_USED]: used + pending + 1, [POOL_PENDING]',
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'the time is missing',
    file: WAIT,
    from: 'span.setAttribute(POOL_WAIT_MS, this.#waitMs);',
    to: '',
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'the reason is missing',
    file: WAIT,
    from: 'span.setAttribute(POOL_WAIT_REASON, this.#reason);',
    to: '',
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'no holder is named',
    file: WAIT,
    from: 'span.setAttribute(POOL_HOLDER_TRACE_ID, spanContext.traceId);',
    to: '',
  },
  {
    check: 'wait, state and holder',
    library: 'generic-pool',
    fault: 'the holder is none of the callers',
    file: WAIT,
    from: 'span.setAttribute(POOL_HOLDER_TRACE_ID, spanContext.traceId);',
    to: 'span.setAttribute(POOL_HOLDER_TRACE_ID, spanContext.spanId);',
  },
];
