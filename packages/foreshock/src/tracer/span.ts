import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanAttributeValue,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  type TimeInput,
} from '@opentelemetry/api';
import { CLIENT_CALL, OWN, type CommonAttributes, type Linked } from '@foreshock/kit';
import { LimitedAttributes, type AttributeLimits } from './attributes.ts';
import { hrTime, millisecondsOf, now } from './clock.ts';
import type { SpanIds } from './span-ids.ts';

/** The specification's span limits, `OTEL_SPAN_*_LIMIT`. */
export interface SpanLimits extends AttributeLimits {
  eventCountLimit: number;
  linkCountLimit: number;
  attributePerEventCountLimit: number;
  attributePerLinkCountLimit: number;
}

/** The specification's defaults. */
export const DEFAULT_SPAN_LIMITS: Readonly<SpanLimits> = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: Infinity,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 128,
  attributePerLinkCountLimit: 128,
};

/** Who makes spans; one object a tracer. */
export interface Scope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
}

interface RecordedEvent {
  name: string;
  time: HrTime;
  attributes: Attributes;
  droppedAttributesCount: number;
}

/** What a span needs of the tracer that made it. */
export interface SpanMaker {
  readonly scope: Scope;
  readonly spanLimits: SpanLimits;
  ended(span: RecordedSpan): void;
}

// Most spans keep them: one object for all.
const UNSET: SpanStatus = Object.freeze({ code: SpanStatusCode.UNSET });
const NO_LINKS: Link[] = Object.freeze([]) as never;
const NO_EVENTS: RecordedEvent[] = Object.freeze([]) as never;

/**
 * A span that is recorded, in the shape that the SDK's span processors read (`ReadableSpan`). Beside the SDK's
 * own class: attributes are checked without an allocation each, times have the monotonic clock's resolution, and
 * a span that was ended by the end of the process may be ended again in silence.
 */
export class RecordedSpan implements Span, Linked<RecordedSpan> {
  name: string;
  readonly kind: SpanKind;
  parentSpanContext: SpanContext | undefined;
  status: SpanStatus = UNSET;
  links: Link[] = NO_LINKS;
  events: RecordedEvent[] = NO_EVENTS;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  ended = false;
  /** What {@link attributes} is made of, the times in milliseconds and the IDs as numbers: what our own encoder reads. */
  readonly recorded: LimitedAttributes;
  readonly startMs: number;
  endMs = 0;
  readonly ids: SpanIds;
  readonly parentIds: SpanIds | undefined;
  [CLIENT_CALL]: unknown = undefined;
  /** The neighbours among the open spans. */
  before: RecordedSpan | undefined;
  after: RecordedSpan | undefined;
  readonly #spanContext: SpanContext;
  readonly #tracer: SpanMaker;

  constructor(
    name: string,
    kind: SpanKind,
    spanContext: SpanContext,
    ids: SpanIds,
    parent: SpanContext | undefined,
    parentIds: SpanIds | undefined,
    attributes: LimitedAttributes,
    startTime: TimeInput | undefined,
    tracer: SpanMaker,
  ) {
    this.name = name;
    this.kind = kind;
    this.#spanContext = spanContext;
    this.ids = ids;
    this.parentSpanContext = parent;
    this.parentIds = parentIds;
    this.recorded = attributes;
    this.startMs = startTime === undefined ? now() : millisecondsOf(startTime);
    this.#tracer = tracer;
  }

  get instrumentationScope(): Scope {
    return this.#tracer.scope;
  }

  get attributes(): Attributes {
    return this.recorded.values;
  }

  get droppedAttributesCount(): number {
    return this.recorded.dropped;
  }

  get startTime(): HrTime {
    return hrTime(this.startMs);
  }

  get endTime(): HrTime {
    return hrTime(this.endMs);
  }

  spanContext(): SpanContext {
    return this.#spanContext;
  }

  isRecording(): boolean {
    return !this.ended;
  }

  setAttribute(key: string, value: SpanAttributeValue): this {
    if (!this.ended) this.recorded.set(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (!this.ended) this.recorded.setAll(attributes);
    return this;
  }

  get [OWN](): true {
    return true;
  }

  addCommon(common: CommonAttributes): void {
    if (!this.ended) this.recorded.addCommon(common);
  }

  /** One attribute, without an object of all. */
  attribute(key: string): AttributeValue | undefined {
    return this.recorded.get(key);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this;
    const { eventCountLimit: limit, attributePerEventCountLimit } = this.#tracer.spanLimits;
    if (limit === 0) {
      this.droppedEventsCount++;
      return this;
    }
    // The newest are kept, as the SDK does: the last events are the ones before the failure.
    if (this.events === NO_EVENTS) this.events = [];
    if (this.events.length >= limit) {
      this.events.shift();
      this.droppedEventsCount++;
    }
    const isTime = isTimeInput(attributesOrTime);
    const when = time ?? (isTime ? attributesOrTime : undefined);
    const given = isTime ? undefined : (attributesOrTime as Attributes | undefined);
    const kept = this.#limited(attributePerEventCountLimit, given);
    this.events.push({
      name,
      time: hrTime(when === undefined ? now() : millisecondsOf(when)),
      attributes: kept.values,
      droppedAttributesCount: kept.dropped,
    });
    return this;
  }

  addLink(link: Link): this {
    if (this.ended) return this;
    const { linkCountLimit: limit, attributePerLinkCountLimit } = this.#tracer.spanLimits;
    if (limit === 0) {
      this.droppedLinksCount++;
      return this;
    }
    if (this.links === NO_LINKS) this.links = [];
    if (this.links.length >= limit) {
      this.links.shift();
      this.droppedLinksCount++;
    }
    const kept = this.#limited(attributePerLinkCountLimit, link.attributes);
    this.links.push({ context: link.context, attributes: kept.values, droppedAttributesCount: kept.dropped });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (this.ended || status.code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return this;
    const message =
      status.code === SpanStatusCode.ERROR && typeof status.message === 'string' ? status.message : undefined;
    this.status = message === undefined ? { code: status.code } : { code: status.code, message };
    return this;
  }

  updateName(name: string): this {
    if (!this.ended) this.name = name;
    return this;
  }

  end(endTime?: TimeInput): void {
    if (this.ended) return;
    this.endMs = Math.max(endTime === undefined ? now() : millisecondsOf(endTime), this.startMs);
    this.ended = true;
    this.#tracer.ended(this);
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const attributes: Attributes = {};
    if (typeof exception === 'string') attributes['exception.message'] = exception;
    else if (exception) {
      if (exception.code) attributes['exception.type'] = String(exception.code);
      else if (exception.name) attributes['exception.type'] = exception.name;
      if (exception.message) attributes['exception.message'] = exception.message;
      if (exception.stack) attributes['exception.stacktrace'] = exception.stack;
    }
    if (attributes['exception.type'] || attributes['exception.message']) this.addEvent('exception', attributes, time);
  }

  #limited(attributeCountLimit: number, given: Attributes | undefined): LimitedAttributes {
    const { attributeValueLengthLimit } = this.#tracer.spanLimits;
    return new LimitedAttributes({ attributeCountLimit, attributeValueLengthLimit }, given);
  }
}

function isTimeInput(value: unknown): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || (Array.isArray(value) && typeof value[0] === 'number');
}
