/** So many digits are below 2^53. */
const MOST_DIGITS = 15;
const POWERS = Float64Array.from({ length: MOST_DIGITS + 1 }, (_, i) => 10 ** i);

const MINUS = 0x2d;
const POINT = 0x2e;

/** Decimal numbers, without making texts. */
export class NumberScan {
  value = 0;
  end = 0;

  /** False for none, an exponent, or too many digits. */
  read(bytes: Uint8Array, from: number): boolean {
    const isNegative = bytes[from] === MINUS;
    let at = isNegative ? from + 1 : from;
    const first = at;
    let digits = 0;
    let point = -1;
    for (; at < bytes.length; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
      else if (bytes[at] === POINT && point < 0) point = at;
      else break;
    }
    const count = at - first - (point < 0 ? 0 : 1);
    if (count === 0 || count > MOST_DIGITS || isLetter(bytes[at])) return false;
    // Both are exact: the quotient is the nearest number.
    const value = point < 0 ? digits : digits / POWERS[at - point - 1]!;
    this.value = isNegative ? -value : value;
    this.end = at;
    return true;
  }
}

function isLetter(byte: number | undefined): boolean {
  return byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}
