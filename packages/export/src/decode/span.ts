import { readEvent } from './event.ts';
import { readLink } from './link.ts';
import { MessageReader } from './message-reader.ts';
import type { JsonSpan } from './otlp-json.ts';
import { readKeyValue } from './value.ts';

/** In the sender only. */
export function readSpan(bytes: Buffer): JsonSpan {
  const span: JsonSpan = {
    traceId: '',
    spanId: '',
    name: '',
    kind: 0,
    startTimeUnixNano: '0',
    endTimeUnixNano: '0',
    attributes: [],
    events: [],
    links: [],
    status: {},
    flags: 0,
  };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        span.traceId = reader.slice().toString('hex');
        break;
      case 2:
        span.spanId = reader.slice().toString('hex');
        break;
      case 3:
        span.traceState = reader.text();
        break;
      case 4:
        span.parentSpanId = reader.slice().toString('hex');
        break;
      case 5:
        span.name = reader.text();
        break;
      case 6:
        span.kind = reader.number();
        break;
      case 7:
        span.startTimeUnixNano = reader.fixed64();
        break;
      case 8:
        span.endTimeUnixNano = reader.fixed64();
        break;
      case 9:
        span.attributes.push(readKeyValue(reader.slice()));
        break;
      case 10:
        span.droppedAttributesCount = reader.number();
        break;
      case 11:
        span.events.push(readEvent(reader.slice()));
        break;
      case 12:
        span.droppedEventsCount = reader.number();
        break;
      case 13:
        span.links.push(readLink(reader.slice()));
        break;
      case 14:
        span.droppedLinksCount = reader.number();
        break;
      case 15:
        span.status = readStatus(reader.slice());
        break;
      case 16:
        span.flags = reader.fixed32();
        break;
      default:
        reader.skip();
    }
  }
  return span;
}

function readStatus(bytes: Buffer): JsonSpan['status'] {
  const status: JsonSpan['status'] = {};
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) status.message = reader.text();
    else if (field === 3) status.code = reader.number();
    else reader.skip();
  }
  return status;
}
