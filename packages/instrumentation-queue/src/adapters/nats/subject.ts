/** Numbers, UUIDs, and long ones with digits. */
const ID = /^(?:\d+|[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|(?=.*\d)[\da-z]{12,}|.{65,}|.*@.*)$/i;

/** `orders.42.made` → `orders.*.made`: subjects have IDs; in NATS's own notation. */
export function patternOf(subject: string): string {
  return subject
    .split('.')
    .map((token) => (ID.test(token) ? '*' : token))
    .join('.');
}
