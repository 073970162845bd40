import type { SpanRecord } from '@foreshock/view/reader';
import { redacted, shownValue } from './redact.ts';
import { KINDS, STATUSES } from './span-words.ts';
import { duration, time } from './words.ts';

const MOST_ATTRIBUTES = 80;
const MOST_EVENTS = 20;
const MOST_OF_EVENT = 10;

/** All of one span. */
export function spanText(span: SpanRecord): string {
  const { spanId, parentSpanId, resource, name, kind, start, end, status, attributes, events, links } = span;
  return [
    `span ${spanId} of ${redacted(resource.service, 60)}: ${redacted(name, 150)} [${KINDS[kind] ?? kind}], parent ${parentSpanId || 'none'}`,
    `${time(start)}, ${duration(end - start)}, status ${STATUSES[status] ?? status} ${redacted(span.statusMessage)}`.trim(),
    ...pairs(attributes, MOST_ATTRIBUTES).map((pair) => `  ${pair}`),
    ...events
      .slice(0, MOST_EVENTS)
      .map(
        (event) =>
          `event ${time(event.time)} ${redacted(event.name, 100)} ${pairs(event.attributes, MOST_OF_EVENT).join(', ')}`,
      ),
    ...links.slice(0, MOST_EVENTS).map((link) => `link to span ${link.spanId} of trace ${link.traceId}`),
  ].join('\n');
}

function pairs(attributes: SpanRecord['attributes'], most: number): string[] {
  const entries = Object.entries(attributes);
  const shown = entries.slice(0, most).map(([key, value]) => `${redacted(key, 100)}=${shownValue(key, value)}`);
  return entries.length > most ? [...shown, `and ${entries.length - most} more`] : shown;
}
