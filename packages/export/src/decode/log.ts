import { MessageReader } from './message-reader.ts';
import type { JsonLogRecord } from './otlp-json.ts';
import { readKeyValue, readValue } from './value.ts';

/** In the sender only. */
export function readLog(bytes: Buffer): JsonLogRecord {
  const log: JsonLogRecord = { timeUnixNano: '0', observedTimeUnixNano: '0', attributes: [], flags: 0 };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    switch (field) {
      case 1:
        log.timeUnixNano = reader.fixed64();
        break;
      case 2:
        log.severityNumber = reader.number();
        break;
      case 3:
        log.severityText = reader.text();
        break;
      case 5:
        log.body = readValue(reader.slice());
        break;
      case 6:
        log.attributes.push(readKeyValue(reader.slice()));
        break;
      case 7:
        log.droppedAttributesCount = reader.number();
        break;
      case 8:
        log.flags = reader.fixed32();
        break;
      case 9:
        log.traceId = reader.slice().toString('hex');
        break;
      case 10:
        log.spanId = reader.slice().toString('hex');
        break;
      case 11:
        log.observedTimeUnixNano = reader.fixed64();
        break;
      default:
        reader.skip();
    }
  }
  return log;
}
