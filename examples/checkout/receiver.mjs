// The smallest OTLP receiver that can show a trace: takes OTLP/HTTP JSON, keeps the spans, and passes the
// same bytes on to a collector if one answers.
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const PROBE_LIMIT_MS = 2_000;
const FORWARD_LIMIT_MS = 5_000;

/**
 * @typedef {object} Span
 * @property {string} traceId
 * @property {string} spanId
 * @property {string} parentSpanId empty on a root
 * @property {string} service
 * @property {string} name
 * @property {string} kind
 * @property {number} start milliseconds since 1970, with fractions
 * @property {number} end
 * @property {boolean} failed
 * @property {string} message of its status
 * @property {Record<string, any>} attributes
 * @property {{ name: string, at: number, attributes: Record<string, any> }[]} events
 */

/** The collector at `endpoint` if it takes traces, else undefined. */
export async function findCollector(endpoint) {
  const url = endpoint.replace(/\/+$/, '');
  try {
    const answer = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(PROBE_LIMIT_MS),
    });
    await answer.body?.cancel();
    return answer.ok ? url : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a collector is a `foreshock view`, which has a page of its own. */
export async function isViewer(collector) {
  try {
    const answer = await fetch(`${collector}/api/status`, { signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    return answer.ok && 'completeSince' in (await answer.json());
  } catch {
    return false;
  }
}

/**
 * @param {string} [collector] where the spans go as well
 * @param {(span: Span) => void} [onSpan] hears of each as it arrives
 * @param {string} [file] keeps the requests, one a line, as the collector's file exporter writes them
 */
export async function startReceiver(collector, onSpan, file) {
  /** @type {Map<string, Span[]>} */
  const traces = new Map();
  const forwarding = new Set();
  let refused;

  const server = createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    try {
      if (req.url === '/v1/traces') {
        keep(JSON.parse(body.toString()));
        if (file) appendFileSync(file, `${body.toString().replaceAll('\n', ' ')}\n`);
      }
      if (collector) forward(req, body);
      res.setHeader('content-type', 'application/json').end('{}');
    } catch (error) {
      res.writeHead(400).end(String(error));
    }
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers();
  server.once('error', reject).listen(0, '127.0.0.1', resolve);
  await listening;

  function keep(request) {
    for (const span of spansOf(request)) {
      onSpan?.(span);
      const trace = traces.get(span.traceId);
      if (trace) trace.push(span);
      else traces.set(span.traceId, [span]);
    }
  }

  function forward(req, body) {
    const sent = fetch(collector + req.url, {
      method: 'POST',
      headers: { 'content-type': req.headers['content-type'] ?? 'application/json' },
      body,
      signal: AbortSignal.timeout(FORWARD_LIMIT_MS),
    }).then(
      async (answer) => {
        await answer.body?.cancel();
        if (!answer.ok) refused = `answered ${answer.status}`;
      },
      (error) => {
        refused = error.cause?.message ?? error.message;
      },
    );
    forwarding.add(sent);
    sent.finally(() => forwarding.delete(sent));
  }

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    traces,
    /** Waits for what is on its way to the collector; says what went wrong there, if anything did. */
    async forwarded() {
      await Promise.all(forwarding);
      return { refused };
    },
  };
}

const KINDS = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUS_ERROR = 2;

/** @returns {Generator<Span>} */
function* spansOf(request) {
  for (const { resource, scopeSpans = [] } of request.resourceSpans ?? []) {
    const service = attributesOf(resource)['service.name'] ?? 'unknown';
    for (const { spans = [] } of scopeSpans) {
      for (const span of spans) {
        yield {
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId ?? '',
          service,
          name: span.name,
          kind: KINDS[span.kind] ?? 'INTERNAL',
          start: milliseconds(span.startTimeUnixNano),
          end: milliseconds(span.endTimeUnixNano),
          failed: span.status?.code === STATUS_ERROR,
          message: span.status?.message ?? '',
          attributes: attributesOf(span),
          events: (span.events ?? []).map((event) => ({
            name: event.name,
            at: milliseconds(event.timeUnixNano),
            attributes: attributesOf(event),
          })),
        };
      }
    }
  }
}

function attributesOf(holder) {
  return Object.fromEntries((holder?.attributes ?? []).map(({ key, value }) => [key, valueOf(value ?? {})]));
}

function valueOf({ stringValue, boolValue, intValue, doubleValue, arrayValue }) {
  if (intValue !== undefined) return Number(intValue); // OTLP's JSON writes 64-bit integers as strings
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(valueOf);
  return stringValue ?? boolValue ?? doubleValue;
}

function milliseconds(nanoseconds) {
  return Number(BigInt(nanoseconds) / 1000n) / 1000;
}
