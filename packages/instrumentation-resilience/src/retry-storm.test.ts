import { describe, expect, it } from 'vitest';
import { RetryStorms } from './retry-storm.ts';

const TARGET = 'http://payments';

/** Sends `count` first tries at once, at this time. */
function firstTries(storms: RetryStorms, count: number, now: number, target = TARGET): void {
  for (let i = 0; i < count; i++) expect(storms.sent(target, 1, undefined, now)).toBeUndefined();
}

describe('a storm', () => {
  it('begins with the resend that makes them too many, and is reported once', () => {
    const storms = new RetryStorms(0.5);
    firstTries(storms, 20, 0);
    for (let i = 0; i < 10; i++) expect(storms.sent(TARGET, 2, 100, 1_000)).toBeUndefined();
    expect(storms.sent(TARGET, 2, 100, 1_000)).toEqual({
      'retry.storm.target': TARGET,
      'retry.storm.first_tries': 20,
      'retry.storm.resends': 11,
      'retry.storm.rate': 0.55,
      'retry.storm.jitter': false,
    });
    for (let i = 0; i < 50; i++) expect(storms.sent(TARGET, 3, 200, 1_000 + i * 200)).toBeUndefined();
  });

  it('is none among fewer than twenty calls', () => {
    const storms = new RetryStorms(0.5);
    firstTries(storms, 5, 0);
    for (let i = 0; i < 14; i++) expect(storms.sent(TARGET, 2, 100, 1)).toBeUndefined();
    expect(storms.sent(TARGET, 2, 100, 1)).toMatchObject({ 'retry.storm.rate': 3 });
  });

  it('counts ten seconds back and no further', () => {
    const storms = new RetryStorms(0.5);
    firstTries(storms, 100, 0);
    for (let i = 0; i < 20; i++) expect(storms.sent(TARGET, 2, 100, 9_000)).toBeUndefined();
    // The hundred are eleven seconds old.
    expect(storms.sent(TARGET, 2, 100, 11_000)).toMatchObject({
      'retry.storm.first_tries': 0,
      'retry.storm.resends': 21,
      'retry.storm.rate': 21,
    });
  });

  it('is another one when ten seconds were quiet', () => {
    const storms = new RetryStorms(1);
    const storm = (now: number): unknown[] =>
      Array.from({ length: 30 }, () => storms.sent(TARGET, 2, 100, now)).filter(Boolean);
    expect(storm(0)).toHaveLength(1);
    expect(storm(9_000)).toHaveLength(0);
    expect(storm(18_500)).toHaveLength(0);
    expect(storm(40_000)).toHaveLength(1);
  });

  it('is none while every request was repeated once at most, by no known policy', () => {
    const storms = new RetryStorms(0.5);
    firstTries(storms, 20, 0);
    for (let i = 0; i < 30; i++) expect(storms.sent(TARGET, 2, 100, 1, false)).toBeUndefined();
    expect(storms.sent(TARGET, 3, 100, 1, true)).toMatchObject({ 'retry.storm.resends': 31 });
  });

  it('is seen at each of the first 256 targets, however many more there are', () => {
    const storms = new RetryStorms(0.5);
    let begun = 0;
    for (let i = 0; i < 300 * 60; i++) {
      const attempt = i % 600 < 300 ? 1 : 2;
      if (storms.sent(`http://s${i % 300}/`, attempt, 5, i / 10)) begun++;
    }
    expect(begun).toBe(256);
    // Ten seconds later they are forgotten for others.
    firstTries(storms, 10, 20_000, 'http://new/');
    for (let i = 0; i < 9; i++) storms.sent('http://new/', 2, 5, 20_000);
    expect(storms.sent('http://new/', 2, 5, 20_000)).toMatchObject({ 'retry.storm.target': 'http://new' });
  });

  it('is of one target', () => {
    const storms = new RetryStorms(0.5);
    for (let i = 0; i < 19; i++) storms.sent('http://a', 2, 1, 0);
    for (let i = 0; i < 19; i++) storms.sent('http://b', 2, 1, 0);
    expect(storms.sent('http://c', 2, 1, 0)).toBeUndefined();
    expect(storms.sent('http://a', 2, 1, 0)).toMatchObject({ 'retry.storm.target': 'http://a' });
  });
});

describe('delays carry jitter', () => {
  const jitterOf = (delays: (number | undefined)[], attempt: (i: number) => number = () => 2): unknown => {
    const storms = new RetryStorms(0.1);
    return delays.map((delay, i) => storms.sent(TARGET, attempt(i), delay, 0)).find(Boolean)?.['retry.storm.jitter'];
  };

  it('when they are spread', () => {
    expect(jitterOf(Array.from({ length: 20 }, (_, i) => 50 + i * 7))).toBe(true);
    expect(jitterOf(Array.from({ length: 20 }, (_, i) => 1_000 + i * 20))).toBe(true);
  });

  it('not when timers are a little late', () => {
    expect(jitterOf(Array.from({ length: 20 }, (_, i) => 100 + (i % 5)))).toBe(false);
    expect(jitterOf(Array.from({ length: 20 }, (_, i) => (i % 6 === 0 ? 180 : 100)))).toBe(false);
  });

  it('not when only later attempts wait longer', () => {
    const attempt = (i: number): number => 2 + (i % 3);
    expect(
      jitterOf(
        Array.from({ length: 20 }, (_, i) => 100 * 2 ** (attempt(i) - 2)),
        attempt,
      ),
    ).toBe(false);
  });

  it('unknown without delays to compare', () => {
    expect(jitterOf(Array.from({ length: 20 }, () => undefined))).toBeUndefined();
    expect(jitterOf([100, ...Array.from({ length: 19 }, () => undefined)])).toBeUndefined();
  });
});
