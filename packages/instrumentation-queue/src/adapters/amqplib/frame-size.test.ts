import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fits } from './frame-size.ts';

const { encodeProperties, BasicProperties } = createRequire(import.meta.url)(
  `${createRequire(import.meta.url)
    .resolve('amqplib')
    .replace(/channel_api\.js$/, '')}lib/defs.js`,
);

const added = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

it('never says that a header fits which amqplib makes longer than a frame', () => {
  // `!` is amqplib's way to name a type.
  const name = (maxLength: number) => fc.string({ maxLength }).filter((text) => text !== '!');
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.integer(),
      // amqplib refuses fractions beyond 50 bits.
      fc.double({ noNaN: true, min: -(2 ** 48), max: 2 ** 48 }),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(name(20), tie('value'), { maxKeys: 5 }),
    ),
  })).value;
  const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: undefined });
  const options = fc.record({
    headers: fc.dictionary(name(40), value, { maxKeys: 20 }),
    contentType: text,
    correlationId: text,
    replyTo: text,
    messageId: text,
    type: text,
  });
  const tooLong = fc.property(options, fc.integer({ min: 100, max: 4_096 }), (given, frameMax) => {
    const headers = { ...given.headers, ...added };
    const frame: Buffer = encodeProperties(BasicProperties, 1, 0, { ...given, headers });
    return frame.length <= frameMax || !fits({ connection: { frameMax } } as never, given, added);
  });
  expect(() => fc.assert(tooLong, { numRuns: 500 })).not.toThrow();
});

it('says that what everybody sends fits', () => {
  const channel = { connection: { frameMax: 4_096 } } as never;
  expect(fits(channel, undefined, added)).toBe(true);
  expect(fits(channel, { headers: { tenant: 'blue' }, messageId: 'm1' }, added)).toBe(true);
  expect(fits(channel, { headers: { long: 'x'.repeat(4_000) } }, added)).toBe(false);
  const round: { self?: unknown } = {};
  round.self = round;
  expect(fits(channel, { headers: round }, added)).toBe(false);
});
