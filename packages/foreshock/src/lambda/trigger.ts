import { SpanKind, type Attributes } from '@opentelemetry/api';

export type Headers = Readonly<Record<string, string | undefined>>;

/** What called the function, as far as its event says it. */
export interface Trigger {
  /** `faas.trigger` */
  readonly type: 'http' | 'pubsub' | 'datasource' | 'timer' | 'other';
  readonly kind: SpanKind;
  /** Default: the function's. */
  readonly name?: string;
  readonly attributes: Attributes;
  /** Where callers may have put a trace: one parent, or several messages. */
  readonly carriers: readonly Headers[];
  /** AWS X-Ray's headers of those messages. */
  readonly xRay?: readonly string[];
}

const OTHER: Trigger = { type: 'other', kind: SpanKind.SERVER, attributes: {}, carriers: [] };

/** By the fields that AWS documents for each source. */
export function triggerOf(event: any): Trigger {
  if (typeof event !== 'object' || event === null) return OTHER;
  const { requestContext, httpMethod, Records: records } = event;
  if (typeof requestContext?.http?.method === 'string') {
    // Payload 2.0: HTTP API, function URL. `GET /orders/{id}`, or `$default`.
    const [, route] = /^\S+ (\/.*)$/.exec(event.routeKey ?? '') ?? [];
    return request(requestContext.http.method, route, event.rawPath, event.headers);
  }
  // REST API; a load balancer has no `resource`.
  if (typeof httpMethod === 'string') return request(httpMethod, event.resource, event.path, event.headers);
  if (Array.isArray(records) && records.length > 0) return ofRecords(records);
  if (event.source === 'aws.events' || event.source === 'aws.scheduler') return { ...OTHER, type: 'timer' };
  if (typeof event['detail-type'] === 'string') return { ...OTHER, type: 'pubsub' };
  return OTHER;
}

function request(method: string, route: unknown, path: unknown, headers: unknown): Trigger {
  const known = typeof route === 'string' && route !== '' ? route : undefined;
  return {
    type: 'http',
    kind: SpanKind.SERVER,
    name: known === undefined ? method : `${method} ${known}`,
    attributes: {
      'http.request.method': method,
      ...(known !== undefined && { 'http.route': known }),
      ...(typeof path === 'string' && { 'url.path': path }),
    },
    carriers: [lowerCased(headers)],
  };
}

/** REST APIs pass names on as they came. */
function lowerCased(headers: unknown): Headers {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (typeof value === 'string') found[name.toLowerCase()] = value;
  }
  return found;
}

function ofRecords(records: readonly any[]): Trigger {
  const source = records[0]?.eventSource ?? records[0]?.EventSource;
  if (source === 'aws:sqs') {
    return messages(
      'aws_sqs',
      nameInArn(records[0].eventSourceARN),
      records.map(({ messageAttributes }) => attributesOf(messageAttributes, 'stringValue')),
      records.flatMap(({ attributes }) => attributes?.AWSTraceHeader ?? []),
    );
  }
  if (source === 'aws:sns') {
    return messages(
      'aws.sns',
      nameInArn(records[0].Sns?.TopicArn),
      records.map(({ Sns }) => attributesOf(Sns?.MessageAttributes, 'Value')),
    );
  }
  return { ...OTHER, type: source === 'aws:s3' || source === 'aws:dynamodb' ? 'datasource' : 'other' };
}

function messages(
  system: string,
  destination: string,
  carriers: readonly Headers[],
  xRay?: readonly string[],
): Trigger {
  return {
    type: 'pubsub',
    kind: SpanKind.CONSUMER,
    name: `process ${destination}`,
    attributes: {
      'messaging.system': system,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': destination,
      ...(carriers.length > 1 && { 'messaging.batch.message_count': carriers.length }),
    },
    carriers,
    ...(xRay && { xRay }),
  };
}

/** `arn:aws:sqs:eu-west-1:123456789012:orders` */
function nameInArn(arn: unknown): string {
  return String(arn).split(':').at(-1)!;
}

function attributesOf(given: unknown, key: 'stringValue' | 'Value'): Headers {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries<any>(given ?? {})) {
    if (typeof value?.[key] === 'string') found[name.toLowerCase()] = value[key];
  }
  return found;
}
