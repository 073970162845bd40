// Four characters of a word in little-endian order at once: a byte a character.

const ZEROS = 0x30303030;
const NIBBLES = 0x0f0f0f0f;
const ONES = 0x01010101;
const TOPS = 0x80808080;
const LOWER = 0x20202020;
/** Before `a` and `A`, once they are in lower case. */
const BEFORE_A = 0x60606060;
/** From 10 on, from 7 on, from 1 on: their sums have the top bit. */
const FROM_10 = 0x76767676;
const FROM_7 = 0x79797979;
const FROM_1 = 0x7f7f7f7f;

/** 0 if all four are hexadecimal digits. */
export function otherThanHex(word: number): number {
  const digits = word ^ ZEROS;
  const letters = (word | LOWER) ^ BEFORE_A;
  const isNoDigit = digits + FROM_10;
  const isNoLetter = (letters + FROM_7) | ~(letters + FROM_1);
  return ((isNoDigit & isNoLetter) | word) & TOPS;
}

/** Of hexadecimal digits. */
export function hexOf(word: number): number {
  const digits = (word & NIBBLES) + Math.imul((word >>> 6) & ONES, 9);
  const pairs = ((digits & 0x000f000f) << 4) | ((digits >>> 8) & 0x000f000f);
  return ((pairs & 0xff) << 8) | (pairs >>> 16);
}

/** -1 unless all four are decimal digits. */
export function decimalOf(word: number): number {
  const digits = (word - ZEROS) | 0;
  if (((digits + FROM_10) | digits) & TOPS) return -1;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff);
}
