import { failingMysqlQuery, isMysqlQuery } from './mysql.ts';
import { failingPostgresQuery, isPostgresQuery } from './postgres.ts';
import { failingRedisCommands, redisCommands } from './redis.ts';

/**
 * Replacement bytes for which the server returns an error and stays in step with its client; undefined for unknown
 * protocols.
 * @param code a SQLSTATE
 */
export function failing(bytes: Buffer, code: string | undefined): Buffer | undefined {
  if (isPostgresQuery(bytes)) return failingPostgresQuery(code);
  if (isMysqlQuery(bytes)) return failingMysqlQuery(code);
  const commands = redisCommands(bytes);
  return commands > 0 ? failingRedisCommands(commands) : undefined;
}
