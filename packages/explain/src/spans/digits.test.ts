import { expect, it } from 'vitest';
import { decimalOf, hexOf, otherThanHex } from './digits.ts';

/** Every byte in every place of other characters. */
const TEXTS = ['0a9F', 'fF00', '1234', '9999'].flatMap((others) =>
  Array.from({ length: 4 * 256 }, (_, i) => {
    const place = i >> 8;
    return others.slice(0, place) + String.fromCharCode(i & 255) + others.slice(place + 1);
  }),
);

it('reads four digits at once, and refuses every other byte in any place', () => {
  const read = TEXTS.map((text) => {
    const word = Buffer.from(text, 'latin1').readInt32LE();
    return [text, decimalOf(word), otherThanHex(word) === 0 ? hexOf(word) : -1];
  });
  expect(read).toEqual(
    TEXTS.map((text) => [
      text,
      /^\d{4}$/.test(text) ? Number(text) : -1,
      /^[\da-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : -1,
    ]),
  );
});
