/** Of keys and rows: equal for equal texts in all processes with the same salt. */
export type KeyHash = (text: string) => string;

/** 48 bits: a number for who reads it. */
const DIGITS = 12;

/** Of FORESHOCK_KEY_HASH. Loads `node:crypto`. */
export function keyHash(salt: string): KeyHash {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  return (text) => createHmac('sha256', salt).update(text).digest('hex').slice(0, DIGITS);
}
