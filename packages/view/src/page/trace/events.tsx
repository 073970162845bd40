import type { SpanEvent } from '../contract.ts';
import { Text } from '../frame/text.tsx';
import { duration } from '../words/duration.ts';
import { dateTime } from '../words/time.ts';
import { AttributeList } from './attribute-list.tsx';

const MOST_EVENTS = 100;

export function Events({ events, start }: { events: readonly SpanEvent[]; start: number }) {
  if (events.length === 0) return null;
  return (
    <>
      <h3>Events</h3>
      {events.slice(0, MOST_EVENTS).map((event, i) => (
        <div key={i} class="event">
          <p>
            ◆{' '}
            <strong>
              <Text of={event.name} most={200} />
            </strong>{' '}
            <span class="quiet" title={dateTime(event.time)}>
              after {duration(event.time - start)}
            </span>
          </p>
          <AttributeList attributes={event.attributes} />
        </div>
      ))}
      {events.length > MOST_EVENTS && <p class="quiet">and {events.length - MOST_EVENTS} more</p>}
    </>
  );
}
