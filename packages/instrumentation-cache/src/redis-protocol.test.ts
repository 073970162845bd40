import { describe, expect, it } from 'vitest';
import { RedisCommand } from './redis-protocol.ts';

const command = (...words: unknown[]): RedisCommand => new RedisCommand(words[0], words, 1);

describe('keys', () => {
  it.each([
    [['GET', 'user:1'], 'user:1'],
    [['get', 'user:1'], 'user:1'],
    [['GET', Buffer.from('user:1')], 'user:1'],
    [['GET', 7], '7'],
    [['EVAL', 'return secret', '1', 'user:1', 'secret'], 'user:1'],
    [['EVALSHA', 'abc', '0', 'secret'], undefined],
    // What follows is no key: it may be a password, a channel, a value.
    [['AUTH', 'me:secret'], undefined],
    [['HELLO', '3', 'AUTH', 'me', 'secret'], undefined],
    [['PUBLISH', 'news', 'secret'], undefined],
    [['MY.MODULE', 'secret'], undefined],
    [['GET'], undefined],
    [['GET', { toString: () => 'secret' }], undefined],
  ])('%j: %s', (words, key) => {
    expect(command(...words).key).toBe(key);
  });

  it('is a field where that is what it is about', () => {
    expect(command('HGET', 'k', 'f').entry).toBe(command('HSET', 'k', 'f', 'v').entry);
    expect(command('HGET', 'k', 'f').entry).not.toBe(command('HGET', 'k', 'g').entry);
    expect(command('HGETALL', 'k').entry).toBe(command('SET', 'k', 'v').entry);
  });

  it('looks at no more of one than it needs', () => {
    expect(command('GET', 'k'.repeat(1_000_000)).key).toHaveLength(1_024);
    expect(command('GET', Buffer.alloc(1_000_000, 'k')).key).toHaveLength(1_024);
  });
});

it('has few names, whatever it is asked to call', () => {
  for (const name of [
    'x'.repeat(33),
    'x\r\ny',
    'DROP TABLE',
    'nonsense',
    'hunter2',
    '',
    'ключ',
    Symbol('x'),
    undefined,
    {},
  ]) {
    expect(command(name).operation).toBe('_OTHER');
  }
  const names = new Set<string>();
  for (let i = 0; i < 2_000; i++) names.add(command(`made.up.${i}`).operation);
  expect(names.size).toBeLessThanOrEqual(201);
  // What comes after is known nevertheless.
  expect(command('HGET', 'k', 'f')).toMatchObject({ operation: 'HGET', lookups: 1 });
  expect(command('constructor').lookups).toBe(0);
});

describe('hits', () => {
  const read = (words: unknown[], reply: unknown): [number, number | undefined] => {
    const described = command(...words);
    return [described.lookups, described.hitsIn(reply)];
  };

  it.each([
    [['GET', 'k'], 'x', [1, 1]],
    [['GET', 'k'], '', [1, 1]],
    [['GET', 'k'], Buffer.alloc(0), [1, 1]],
    [['GET', 'k'], null, [1, 0]],
    [['GET', 'k'], undefined, [1, 0]],
    [['HGET', 'k', 'f'], 'x', [1, 1]],
    [
      ['MGET', 'a', 'b', 'c'],
      ['x', null, ''],
      [3, 2],
    ],
    [
      ['HMGET', 'k', 'a', 'b'],
      [null, null],
      [2, 0],
    ],
    [
      ['JSON.MGET', 'a', 'b', '$'],
      ['[]', null],
      [2, 1],
    ],
    [['HGETALL', 'k'], [], [1, 0]],
    [['HGETALL', 'k'], {}, [1, 0]],
    [['HGETALL', 'k'], new Map(), [1, 0]],
    [
      ['HGETALL', 'k'],
      ['f', 'v'],
      [1, 1],
    ],
    [['HGETALL', 'k'], new Map([['f', 'v']]), [1, 1]],
    [['SMEMBERS', 'k'], new Set(['a']), [1, 1]],
    // Not of a lookup, or not the reply of one.
    [['SET', 'k', 'v'], 'OK', [0, undefined]],
    [['LRANGE', 'k', '0', '1'], [], [0, undefined]],
    [['GET', 'k'], 'QUEUED', [1, undefined]],
    [['GET', 'k'], Buffer.from('QUEUED'), [1, undefined]],
    [['MGET', 'a', 'b'], 'nonsense', [2, undefined]],
    [['MGET', 'a', 'b'], 7, [2, undefined]],
  ])('%j gives %j', (words, reply, expected) => {
    expect(read(words, reply)).toEqual(expected);
  });
});

it.each([
  [['BLPOP', 'k', '0'], true],
  [['XREAD', 'COUNT', '1', 'BLOCK', '0', 'STREAMS', 's', '$'], true],
  [['xreadgroup', 'GROUP', 'g', 'c', 'block', '10', 'STREAMS', 's', '>'], true],
  [['XREAD', 'STREAMS', 's', '0'], false],
  [['LPOP', 'k'], false],
])('%j waits for others: %s', (words, blocks) => {
  expect(command(...words).blocks).toBe(blocks);
});
