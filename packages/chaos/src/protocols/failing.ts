import { failingMysqlQuery, isMysqlQuery } from './mysql.ts';
import { failingPostgresQuery, isPostgresQuery } from './postgres.ts';
import { failingRedisCommands, redisCommands } from './redis.ts';

/**
 * Bytes that the server answers with an error, staying in step; undefined for unknown protocols.
 * @param code a SQLSTATE
 */
export function failing(bytes: Buffer, code: string | undefined): Buffer | undefined {
  if (isPostgresQuery(bytes)) return failingPostgresQuery(code);
  if (isMysqlQuery(bytes)) return failingMysqlQuery(code);
  const commands = redisCommands(bytes);
  return commands > 0 ? failingRedisCommands(commands) : undefined;
}
