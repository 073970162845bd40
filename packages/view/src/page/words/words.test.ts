import { describe, expect, it } from 'vitest';
import { ticks } from '../frame/ticks.ts';
import { printable, shortened, text } from './attribute.ts';
import { count, percent } from './count.ts';
import { duration, roundDuration } from './duration.ts';
import { ago, dateTime } from './time.ts';

describe('words', () => {
  it('has a unit on every duration', () => {
    const all = [0, 0.0124, 0.82, 4.2, 9.99, 310, 999.9, 4_100, 59_990, 200_000, 7_260_000, Number.NaN];
    expect(all.map(duration)).toEqual([
      '0 ms',
      '12 µs',
      '820 µs',
      '4.2 ms',
      '10 ms',
      '310 ms',
      '1.0 s',
      '4.1 s',
      '60.0 s',
      '3 min 20 s',
      '2 h 1 min',
      '–',
    ]);
    expect(roundDuration(2_000)).toBe('2 s');
  });

  it('counts', () => {
    expect([count(1, 'span'), count(2_274, 'span'), percent(0.004), percent(0.752)]).toEqual([
      '1 span',
      '2,274 spans',
      '< 1 %',
      '75 %',
    ]);
  });

  it('says a time with its zone, or that it is none', () => {
    expect(dateTime(1_795_984_471_695)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.695 UTC([+−]\d\d:\d\d)?$/);
    expect([dateTime(1e18), ago(1e18)]).toEqual(['no time', '']);
    expect([ago(0, 500), ago(0, 200_000), ago(0, 5 * 86_400_000)]).toEqual([
      'just now',
      '3 min 20 s ago',
      '5 days ago',
    ]);
  });

  it('shows control characters and turns of direction as codes, other scripts as they are', () => {
    expect(printable('\u001b[31mred\u0007 \u202egnp.exe\u2066 עברית\nline')).toBe(
      '\\u001b[31mred\\u0007 \\u202egnp.exe\\u2066 עברית\nline',
    );
  });

  it('has a text for every value', () => {
    expect([text('a'), text(1), text(true), text(['a', 1]), text(undefined), text(null)]).toEqual([
      'a',
      '1',
      'true',
      '["a",1]',
      '',
      'null',
    ]);
    expect(shortened('x'.repeat(10_000), 5)).toBe('xxxx…');
  });

  it('marks an axis at round distances, and never without end', () => {
    expect(ticks(0, 1_000, 5)).toEqual([0, 200, 400, 600, 800, 1_000]);
    expect([ticks(5, 5, 5), ticks(0, Infinity, 5), ticks(Number.NaN, 1, 5)]).toEqual([[], [], []]);
    expect(ticks(0, 1e15, 4).length).toBeLessThanOrEqual(5);
    // Smaller than what a number of this size can tell apart.
    expect(ticks(1e15, 1e15 + 0.125, 4).length).toBeLessThanOrEqual(5);
  });
});
