import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type Context,
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
import { cleanAttributes, cleanSimpleAttributes } from '@opentelemetry/core';
import {
  CALLER,
  CONTENT,
  exceptionTextOf,
  guard,
  OWN,
  type CommonAttributes,
  type Linked,
  type RequestContent,
} from '@foreshock/kit';
import { hrTime } from '@foreshock/export';
import { LimitedAttributes } from './attributes.ts';
import { anchorAt, isTime, millisecondsOf, steadyNow, type Anchor } from './clock.ts';
import type { SpanIds } from './span-ids.ts';
import type { SpanLimits } from './span-limits.ts';

/** One object per tracer. */
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

export interface SpanMaker {
  readonly scope: Scope;
  readonly spanLimits: SpanLimits;
  ended(span: RecordedSpan): void;
}

// Most spans keep it.
const UNSET: SpanStatus = Object.freeze({ code: SpanStatusCode.UNSET });
const NO_LINKS: Link[] = Object.freeze([]) as never;
const NO_EVENTS: RecordedEvent[] = Object.freeze([]) as never;

/**
 * The SDK's `ReadableSpan` shape, without allocations per attribute check, and no warning for `end` after the process's
 * end.
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
  /** For our encoder: {@link attributes}, numeric times, IDs. */
  readonly recorded: LimitedAttributes;
  readonly startMs: number;
  endMs = 0;
  /** Of this span and its children. */
  readonly anchor: Anchor;
  readonly ids: SpanIds;
  readonly parentIds: SpanIds | undefined;
  [CALLER]: Context | undefined = undefined;
  [CONTENT]: RequestContent | undefined = undefined;
  /** In the open spans list. */
  before: RecordedSpan | undefined;
  after: RecordedSpan | undefined;
  /** In the open spans table; -1: none. */
  place = -1;
  readonly #spanContext: SpanContext;
  readonly #tracer: SpanMaker;

  constructor(
    name: string,
    kind: SpanKind,
    spanContext: SpanContext,
    ids: SpanIds,
    parent: SpanContext | undefined,
    parentSpan: RecordedSpan | undefined,
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
    const steady = steadyNow();
    const anchor = anchorAt(steady, parentSpan?.anchor, parentSpan === undefined ? 0 : parentSpan.startMs);
    this.anchor = anchor;
    const given = startTime === undefined ? undefined : millisecondsOf(startTime, anchor);
    this.startMs = given === undefined ? anchor.offset + steady : given;
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

  /** Without building an object. */
  attribute(key: string): AttributeValue | undefined {
    return this.recorded.get(key);
  }

  eachAttribute(visit: (key: string, value: AttributeValue | undefined) => void): void {
    this.recorded.each(visit);
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.ended) return this;
    const { eventCountLimit: limit, attributePerEventCountLimit, attributeValueLengthLimit } = this.#tracer.spanLimits;
    if (limit === 0) {
      this.droppedEventsCount++;
      return this;
    }
    // The newest precede the failure, as in the SDK.
    if (this.events === NO_EVENTS) this.events = [];
    if (this.events.length >= limit) {
      this.events.shift();
      this.droppedEventsCount++;
    }
    const given = isTime(attributesOrTime) ? undefined : attributesOrTime;
    const kept = clean(cleanSimpleAttributes, given, attributePerEventCountLimit, attributeValueLengthLimit);
    this.events.push({
      name,
      time: hrTime(this.#millisecondsOf(isTime(time) ? time : attributesOrTime)),
      attributes: kept.attributes ?? {},
      droppedAttributesCount: kept.droppedAttributesCount ?? 0,
    });
    return this;
  }

  addLink(link: Link): this {
    if (!this.ended) guard('adding a link', () => this.#addLink(link));
    return this;
  }

  #addLink(link: Link): void {
    if (link === null || link === undefined) return;
    const { linkCountLimit: limit, attributePerLinkCountLimit, attributeValueLengthLimit } = this.#tracer.spanLimits;
    if (limit === 0) {
      this.droppedLinksCount++;
      return;
    }
    if (this.links === NO_LINKS) this.links = [];
    if (this.links.length >= limit) {
      this.links.shift();
      this.droppedLinksCount++;
    }
    const kept = clean(cleanAttributes, link.attributes, attributePerLinkCountLimit, attributeValueLengthLimit);
    this.links.push({
      context: link.context,
      attributes: kept.attributes ?? {},
      droppedAttributesCount: kept.droppedAttributesCount ?? 0,
    });
  }

  addLinks(links: Link[]): this {
    guard('adding links', () => {
      for (const link of links) this.addLink(link);
    });
    return this;
  }

  setStatus(status: SpanStatus): this {
    if (!this.ended) guard('setting a status', () => this.#setStatus(status));
    return this;
  }

  #setStatus(status: SpanStatus): void {
    if (status === null || status === undefined) return;
    const { code } = status;
    if (code === SpanStatusCode.UNSET || this.status.code === SpanStatusCode.OK) return;
    const given: unknown = code === SpanStatusCode.ERROR ? status.message : undefined;
    if (typeof given !== 'string') return void (this.status = { code });
    // It may repeat a database error.
    const { message = given } = exceptionTextOf(given, given);
    this.status = { code, message };
  }

  updateName(name: string): this {
    if (!this.ended) this.name = name;
    return this;
  }

  end(endTime?: TimeInput): void {
    if (this.ended) return;
    const endMs = endTime === undefined ? this.anchor.offset + steadyNow() : this.#millisecondsOf(endTime);
    this.endMs = endMs < this.startMs ? this.startMs : endMs;
    this.ended = true;
    this.#tracer.ended(this);
  }

  recordException(exception: Exception, time?: TimeInput): void {
    if (this.ended) return;
    const attributes = guard('reading an exception', () => attributesOfException(exception));
    if (attributes?.['exception.type'] || attributes?.['exception.message'])
      this.addEvent('exception', attributes, time);
  }

  /** Invalid: now, as in the SDK. */
  #millisecondsOf(input: unknown): number {
    const { anchor } = this;
    return millisecondsOf(input, anchor) ?? anchor.offset + steadyNow();
  }
}

function attributesOfException(exception: Exception): Attributes {
  const attributes: Attributes = {};
  if (typeof exception === 'string') attributes['exception.message'] = exceptionTextOf(exception, exception).message;
  else if (exception) {
    const { code, name } = exception;
    if (code) attributes['exception.type'] = code.toString();
    else if (name) attributes['exception.type'] = name;
    const { message, stack } = exceptionTextOf(exception, exception.message, exception.stack);
    if (message) attributes['exception.message'] = message;
    if (stack) attributes['exception.stacktrace'] = stack;
  }
  return attributes;
}

/** As the SDK limits them; a throwing getter loses the event or link. */
function clean(
  by: typeof cleanAttributes,
  given: unknown,
  attributeCountLimit: number,
  attributeValueLengthLimit: number,
): ReturnType<typeof cleanAttributes> {
  if (given === undefined) return {};
  const limits = { attributeCountLimit, attributeValueLengthLimit };
  return guard('reading attributes', () => by(given as Attributes, limits)) ?? { droppedAttributesCount: 1 };
}
