// Picks the trace to show, and refuses to show one with holes.
import { durationOf, isCharge, isJobOf, isMiss, isPoolWait, isProbe, isResend, isShortCircuit } from './spans.mjs';

/** @typedef {import('./receiver.mjs').Span} Span */

const ARRIVAL_LIMIT_MS = 15_000;
/** A busy machine makes everybody wait a little; this is for the reports. */
const LONG_WAIT_MS = 1_000;
const SERVICES = ['gateway', 'orders', 'worker', 'payments'];
const FULL_SERVICES = [...SERVICES, 'mailer', 'warehouse'];

/** What the incident does to a checkout that meets all of it. */
const TROUBLE = {
  'a long wait for a connection': (span) => isPoolWait(span) && durationOf(span) >= LONG_WAIT_MS,
  'a charge that was refused': (span) => isCharge(span) && span.failed,
  'a call that was tried again': isResend,
  'a call that the breaker refused': isShortCircuit,
};
const FULL_TROUBLE = {
  ...TROUBLE,
  'a lookup that missed': isMiss,
  'a message handled from RabbitMQ': isJobOf('rabbitmq'),
  'a job handled from BullMQ': isJobOf('bullmq'),
};

/**
 * The checkout that everything happened to; of several, the one that took longest from the click to the money.
 * @param {Map<string, Span[]>} traces growing while we wait for the spans of all checkouts
 * @param {{ checkouts: number, isFull: boolean }} options how many were played
 * @returns {Promise<Span[]>}
 * @throws when no trace is whole, or nothing happened to those that are
 */
export async function worstTrace(traces, { checkouts, isFull }) {
  const services = isFull ? FULL_SERVICES : SERVICES;
  const limit = Date.now() + ARRIVAL_LIMIT_MS;
  let whole;
  do {
    await new Promise((resolve) => setTimeout(resolve, 200));
    whole = checkoutsIn(traces).filter((trace) => missingIn(trace, services).length === 0);
  } while (whole.length < checkouts && Date.now() < limit);

  if (whole.length === 0) {
    const nearest = longest(checkoutsIn(traces));
    throw new Error(
      nearest
        ? `no trace is whole; the longest lacks ${missingIn(nearest, services).join(', ')}`
        : `no span of ${checkouts} checkouts arrived`,
    );
  }
  const trouble = Object.entries(isFull ? FULL_TROUBLE : TROUBLE);
  const metBy = (trace) => trouble.filter(([, happened]) => trace.some(happened));
  const most = Math.max(...whole.map((trace) => metBy(trace).length));
  const candidates = whole.filter((trace) => metBy(trace).length === most);
  // One call of all is the breaker's probe, by chance that of a checkout that waited little.
  const worst = longest(candidates.filter((trace) => trace.some(isProbe))) ?? longest(candidates);
  if (most < trouble.length) {
    const met = metBy(worst).map(([what]) => what);
    const lacking = trouble.map(([what]) => what).filter((what) => !met.includes(what));
    throw new Error(`no checkout met everything; trace ${worst[0].traceId} lacks ${lacking.join(', ')}`);
  }
  return worst;
}

/** @param {Span[]} trace from its first start to its last end, in milliseconds */
export function lengthOf(trace) {
  return Math.max(...trace.map(({ end }) => end)) - Math.min(...trace.map(({ start }) => start));
}

function checkoutsIn(traces) {
  return [...traces.values()].filter((trace) =>
    trace.some(({ service, name }) => service === 'gateway' && name === 'POST /checkout'),
  );
}

function longest(traces) {
  return traces.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
}

function missingIn(trace, services) {
  const ids = new Set(trace.map(({ spanId }) => spanId));
  const missing = services
    .filter((name) => !trace.some(({ service }) => service === name))
    .map((name) => `spans of ${name}`);
  for (const { service, name, parentSpanId } of trace) {
    if (parentSpanId && !ids.has(parentSpanId)) missing.push(`the parent of ${service}'s ${name}`);
  }
  if (!trace.some((span) => isCharge(span) && !span.failed)) missing.push('a charge that went through');
  // Its last job is what the customer gets in the end.
  const jobs = trace.filter(({ kind }) => kind === 'CONSUMER').toSorted((a, b) => a.end - b.end);
  if (jobs.at(-1)?.failed) missing.push(`an end to ${jobs.at(-1).name}`);
  return missing;
}
