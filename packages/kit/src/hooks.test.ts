import { channel, hasSubscribers } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';
import { Hooks } from './hooks.ts';

const logged: string[] = [];
const log = (message: string): void => void logged.push(message);
diag.setLogger({ error: log, warn: log, info: log, debug: log, verbose: log }, DiagLogLevel.ALL);
afterEach(() => void (logged.length = 0));

class Library {
  greet(name: string): string {
    return `hello ${name}`;
  }
}
const own = Object.getOwnPropertyDescriptor(Library.prototype, 'greet');

it('wraps a method in place and restores it to the letter', () => {
  const hooks = new Hooks('library', '>=1.0.0 <2');
  hooks.wrap(Library.prototype, 'greet', (original) => {
    return function (this: Library, ...args: unknown[]) {
      return `${original.apply(this, args)}!`;
    };
  });
  expect(new Library().greet('you')).toBe('hello you!');
  const { name, length } = Library.prototype.greet;
  expect([name, length]).toEqual(['greet', 1]);
  expect(Object.getOwnPropertyDescriptor(Library.prototype, 'greet')).toMatchObject({ enumerable: false });
  hooks.undo();
  expect(hooks.active).toBe(false);
  expect(Object.getOwnPropertyDescriptor(Library.prototype, 'greet')).toEqual(own);
});

it('leaves a later wrapper in place, and its own passes through', () => {
  const hooks = new Hooks('library', '>=1.0.0 <2');
  const library = { greet: (): string => 'plain' };
  hooks.wrap(library, 'greet', (original) => {
    return () => (hooks.active ? `ours ${original()}` : original());
  });
  const ours = library.greet;
  library.greet = () => `theirs ${ours()}`;
  hooks.undo();
  expect(library.greet()).toBe('theirs plain');
});

it('says once that a method is missing, and goes on', () => {
  new Hooks('library', '>=1.0.0 <2').wrap({} as { gone: unknown }, 'gone', (original) => original);
  expect(logged).toEqual(['foreshock: library has no method gone, its part stays untraced']);
});

it('leaves a version outside its range alone, and says so once for all of its files', () => {
  const require = createRequire(new URL('../test/fixtures/app.cjs', import.meta.url));
  const hooks = new Hooks('toy', '>=2.0.0 <3');
  const attach = vi.fn<() => void>();
  for (let i = 0; i < 2; i++) hooks.onLoad('@scope/toy-old/index.js', attach);
  require('@scope/toy-old');
  expect(attach).not.toHaveBeenCalled();
  expect(logged).toEqual(['foreshock: @scope/toy-old 0.9.0 is outside the supported range >=2.0.0 <3, left untraced']);
  hooks.undo();
});

it('says once that a package in range has loaded without any of the files that are waited for', () => {
  vi.useFakeTimers();
  const require = createRequire(new URL('../test/fixtures/app.cjs', import.meta.url));
  const hooks = new Hooks('toy-moved', '>=1.0.0 <2');
  const newer = new Hooks('toy-moved', '>=1.2.0 <2');
  const partly = new Hooks('toy-moved', '>=1.0.0 <2');
  const foreign = new Hooks('toy', '>=1.0.0 <2');
  for (const file of ['client.js', 'pool.js']) hooks.onLoad(`toy-moved/lib/${file}`, () => {});
  newer.onLoad('toy-moved/lib/client.js', () => {});
  for (const file of ['client.js', 'moved.js']) partly.onLoad(`toy-moved/lib/${file}`, () => {});
  foreign.onLoad('toy-moved/lib/client.js', () => {}, { versions: '>=0.0.0 <1000' });
  require('toy-moved/package.json');
  vi.advanceTimersByTime(60_000);
  expect(logged).toEqual([]);
  require('toy-moved');
  vi.advanceTimersByTime(60_000);
  expect(logged).toEqual([
    'foreshock: toy-moved 1.1.0 has loaded, but none of the files that its instrumentation waits for: it stays untraced',
  ]);
  vi.useRealTimers();
  for (const each of [hooks, newer, partly, foreign]) each.undo();
});

it('knows a method that shimmer wrapped', () => {
  const hooks = new Hooks('library', '>=1.0.0 <2');
  const marks = { __wrapped: true, __original: () => 'plain', __unwrap: () => {} };
  // pm2's, which assigns them.
  const others = { greet: Object.assign(() => 'others', marks) as () => string };
  hooks.wrap(others, 'greet', (original) => () => original());
  expect(hooks.wrappedByUpstream).toBe(false);
  const theirs = () => 'theirs';
  for (const [name, value] of Object.entries(marks)) Object.defineProperty(theirs, name, { configurable: true, value });
  const library = { greet: theirs };
  hooks.wrap(library, 'greet', (original) => () => original());
  expect(hooks.wrappedByUpstream).toBe(true);
  expect(Object.keys(library.greet)).toEqual([]);
});

it('keeps what a channel listener throws away from the publisher, and unsubscribes', () => {
  const hooks = new Hooks('library', '>=1.0.0 <2');
  const listener = vi.fn<() => void>(() => {
    throw new Error('ours');
  });
  hooks.onChannel('foreshock:test', listener);
  channel('foreshock:test').publish({});
  channel('foreshock:test').publish({});
  expect(listener).toHaveBeenCalledTimes(2);
  expect(logged).toHaveLength(1);
  hooks.undo();
  expect(hasSubscribers('foreshock:test')).toBe(false);
});
