import { describe, expect, it } from 'vitest';
import { DELAY, withTraces, type MessageAttribute } from './attributes.ts';
import { messageOf } from './message.ts';

const text = (StringValue: string): MessageAttribute => ({ DataType: 'String', StringValue });
const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
const carrier = { traceparent, 'foreshock-trace': '1;1763600000000' };
const own = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`own-${i}`, text('a')]));

describe('a message', () => {
  it('that is sent on with all attributes does not keep the delay that it had', () => {
    const [MessageAttributes] = withTraces(
      [{ body: 'x', attributes: { [DELAY]: text('3600000'), kind: text('a') }, carrier }],
      'orders',
    )!;
    expect(Object.keys(MessageAttributes!)).toEqual(['kind', 'traceparent', 'foreshock-trace']);
    const sent = { SentTimestamp: String(Date.now() - 6_000), ApproximateReceiveCount: '1' };
    const message = messageOf({ Attributes: sent, MessageAttributes: MessageAttributes! }, undefined, undefined);
    expect(message).toMatchObject({ delayMs: undefined, waitMs: expect.any(Number) });
    expect(message.waitMs).toBeGreaterThanOrEqual(6_000);
  });

  it('sent late with nine attributes has room for its trace, without a wait', () => {
    const [MessageAttributes] = withTraces(
      [{ body: 'x', attributes: own, carrier: { ...carrier, [DELAY]: '5000' } }],
      'orders',
    )!;
    expect(Object.keys(MessageAttributes!)).toEqual([...Object.keys(own), 'traceparent']);
    const sent = { SentTimestamp: String(Date.now() - 6_000), ApproximateReceiveCount: '1' };
    const message = messageOf({ Attributes: sent, MessageAttributes: MessageAttributes! }, undefined, undefined);
    expect(message.waitMs).toBe(undefined);
  });
});
