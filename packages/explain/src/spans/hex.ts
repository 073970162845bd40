export const NO_HEX = -1;

/** By character code. */
export const HEX: Int8Array = new Int8Array(256).fill(NO_HEX);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  HEX[text.charCodeAt(0)] = digit;
  HEX[text.toUpperCase().charCodeAt(0)] = digit;
}
