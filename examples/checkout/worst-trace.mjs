// Picks the trace to show, and refuses to show one with holes.

/** @typedef {import('./receiver.mjs').Span} Span */

const SERVICES = ['gateway', 'orders', 'worker', 'payments'];
const ARRIVAL_LIMIT_MS = 15_000;

/**
 * The checkout that took longest from the click to the money, once the spans of all are in.
 * @param {Map<string, Span[]>} traces growing while we wait
 * @param {number} checkouts how many were played
 * @returns {Promise<Span[]>}
 * @throws when no trace is whole, or the longest one waited for no connection
 */
export async function worstTrace(traces, checkouts) {
  const limit = Date.now() + ARRIVAL_LIMIT_MS;
  let whole;
  do {
    await new Promise((resolve) => setTimeout(resolve, 200));
    whole = checkoutsIn(traces).filter((trace) => missingIn(trace).length === 0);
  } while (whole.length < checkouts && Date.now() < limit);

  const worst = longest(whole);
  if (!worst) {
    const nearest = longest(checkoutsIn(traces));
    throw new Error(
      nearest
        ? `no trace is whole; the longest lacks ${missingIn(nearest).join(', ')}`
        : `no span of ${checkouts} checkouts arrived`,
    );
  }
  if (!worst.some(isPoolWait)) throw new Error(`the longest trace ${worst[0].traceId} has no wait for a connection`);
  return worst;
}

/** @param {Span} span */
export function isPoolWait({ kind, attributes }) {
  return kind === 'INTERNAL' && attributes['pool.wait_ms'] !== undefined;
}

/** @param {Span} span */
export function isQuery({ kind, attributes }) {
  return kind === 'CLIENT' && attributes['db.system.name'] !== undefined;
}

/** @param {Span[]} trace from its first start to its last end, in milliseconds */
export function durationOf(trace) {
  return Math.max(...trace.map(({ end }) => end)) - Math.min(...trace.map(({ start }) => start));
}

function checkoutsIn(traces) {
  return [...traces.values()].filter((trace) =>
    trace.some(({ service, name }) => service === 'gateway' && name === 'POST /checkout'),
  );
}

function longest(traces) {
  return traces.toSorted((a, b) => durationOf(b) - durationOf(a))[0];
}

function missingIn(trace) {
  const ids = new Set(trace.map(({ spanId }) => spanId));
  const missing = SERVICES.filter((name) => !trace.some(({ service }) => service === name)).map(
    (name) => `spans of ${name}`,
  );
  for (const { service, name, parentSpanId } of trace) {
    if (parentSpanId && !ids.has(parentSpanId)) missing.push(`the parent of ${service}'s ${name}`);
  }
  if (!trace.some(({ service, kind, failed }) => service === 'payments' && kind === 'SERVER' && !failed))
    missing.push('a charge that went through');
  return missing;
}
