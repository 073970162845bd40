/** Whether a level is as severe as a warning: winston's levels are numbers by name, the lowest is the most severe. */
export function isWarning(levels: Record<string, number> | undefined, level: unknown): boolean {
  if (levels === undefined || typeof level !== 'string') return false;
  const least = levels['warn'] ?? levels['warning'] ?? levels['error'];
  return least !== undefined && levels[level]! <= least;
}
