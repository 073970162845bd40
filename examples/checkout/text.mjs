// How numbers, services and long lines look in the terminal.

export const COLOURS = {
  gateway: 'cyan',
  orders: 'blueBright',
  worker: 'magenta',
  payments: 'green',
  mailer: 'cyanBright',
  warehouse: 'greenBright',
};

/** As people write them. */
export const BREAKER_STATES = { open: 'open', half_open: 'half-open', closed: 'closed' };

/** `2 914 ms`; one decimal below ten. */
export function milliseconds(ms) {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return `${String(Math.round(ms)).replace(/\B(?=(\d{3})+$)/g, ' ')} ms`;
}

/** `1 call`, `2 calls` */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

export function shortened(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Breaks a text that is too long at its semicolon, then at spaces, but not inside a duration. */
export function wrap(text, width) {
  if (text.length <= width) return [text];
  const lines = [];
  for (const part of text.split(/(?<=;) /)) {
    let line = lines.length ? '  ' : '';
    for (const word of part.split(/ (?!\d{3} ms|ms)/)) {
      if (line.trim() && line.length + 1 + word.length > width) {
        lines.push(line);
        line = '  ';
      }
      line += line.trim() ? ` ${word}` : word;
    }
    lines.push(line);
  }
  return lines;
}
