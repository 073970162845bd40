import { isEnded, type WriteLine } from '../../application-logger.ts';

/** Whether a level is as severe as a warning: winston's levels are numbers by name, the lowest is the most severe. */
export function isWarning(levels: Record<string, number> | undefined, level: unknown): boolean {
  if (levels === undefined || typeof level !== 'string') return false;
  const least = levels['warn'] ?? levels['warning'] ?? levels['error'];
  return least !== undefined && levels[level]! <= least;
}

/** The levels of syslog say `warning`. */
export function writerOf(logger: any): WriteLine {
  return (level, message, fields) => {
    // After `close` there are no transports, which winston 3 complains of at each line.
    if (isEnded(logger) || logger.transports?.length === 0) return;
    const { levels } = logger;
    logger.log(level === 'warn' && levels.warn === undefined ? 'warning' : level, message, fields);
  };
}
