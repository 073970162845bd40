import { isEnded, type WriteLine } from '../../application-logger.ts';

/** Whether as severe as a warning: winston's levels are numbers by name, lowest most severe. */
export function isWarning(levels: Record<string, number> | undefined, level: unknown): boolean {
  if (levels === undefined || typeof level !== 'string') return false;
  const least = levels['warn'] ?? levels['warning'] ?? levels['error'];
  return least !== undefined && levels[level]! <= least;
}

/** syslog says `warning`. */
export function writerOf(logger: any): WriteLine {
  return (line) => {
    // After `close` there are no transports, which winston 3 complains of at each line.
    if (isEnded(logger) || logger.transports?.length === 0) return;
    const { levels } = logger;
    const level = line.level === 'warn' && levels.warn === undefined ? 'warning' : line.level;
    line.within(() => logger.log(level, line.message, line.fields));
  };
}
