/** As the SDK's `hashAttributes` (sdk-metrics 3.1, src/utils.ts). */
export function hashOf(attributes: object): string {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return '';
  return JSON.stringify(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
