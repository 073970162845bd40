/** By name: `redis 0`, `memcached 127.0.0.1:11211`. */
export function isCache(resource: string): boolean {
  return /^(?:redis|memcached|valkey|dragonfly|keydb)\b/.test(resource);
}
