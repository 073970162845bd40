// Draws what a terminal shows of the demo as an SVG, for the README:
//   script -qc 'stty cols 116; npm run demo' /dev/null | node examples/checkout/picture.mjs > examples/checkout/waterfall.svg
// The first argument is the command to print above it, if it was another one.
import { text } from 'node:stream/consumers';

const FROM = 'The incident';
const UNTIL = 'In Jaeger';
const [WIDTH, HEIGHT, MARGIN] = [8.4, 18, 16];
const BASELINE = 14;
const COLOURS = {
  31: '#ff6b6b',
  32: '#7bd88f',
  33: '#ffd866',
  35: '#d68fff',
  36: '#5ad4e6',
  92: '#c3e88d',
  94: '#7aa2ff',
  96: '#b4ecff',
};
const EIGHTHS = '▁▂▃▄▅▆▇█';
const HEAD = `<title>The demo: the incident as a chart, the worst checkout as a waterfall with its waits marked, its log lines</title>
<defs><pattern id="w" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="#8a7434"/><path d="M0 0h2v2h2v2H2V2H0z" fill="#ffd866"/></pattern></defs>
<rect width="100%" height="100%" rx="8" fill="#1b1f27"/>`;

const shown = screen(await text(process.stdin));
const from = shown.findIndex((line) => wordsOf(line).startsWith(FROM));
const until = shown.findLastIndex((line) => wordsOf(line).startsWith(UNTIL));
const command = [...`$ ${process.argv[2] ?? 'npm run demo'}`].map((glyph) => ({ glyph, style: '' }));
console.log(svg([command, [], ...shown.slice(from, until - 1)]));

/** Lines of cells as they stand in the end: the chart is drawn over itself. */
function screen(output) {
  const lines = [[]];
  let row = 0;
  let codes = [];
  // eslint-disable-next-line no-control-regex -- the terminal's language
  for (const [token, parameters, final] of output.matchAll(/\x1b\[([\d;?]*)([A-Za-z])|[^\x1b\r]/gu)) {
    if (token === '\n') lines[++row] ??= [];
    else if (final === 'A') row -= Number(parameters);
    else if (final === 'K') lines[row] = [];
    else if (final === 'm') codes = codesAfter(codes, Number(parameters));
    else if (!final) lines[row].push({ glyph: token, style: codes.map(attributeOf).join('') });
  }
  return lines;
}

function codesAfter(codes, code) {
  if (code === 0) return [];
  if (code === 22) return codes.filter((other) => other > 2); // neither bold nor dim
  if (code === 39) return codes.filter((other) => other <= 2);
  return [...codes, code].sort((a, b) => b - a);
}

function attributeOf(code) {
  return code === 1 ? ' font-weight="bold"' : code === 2 ? ' opacity=".55"' : ` fill="${COLOURS[code]}"`;
}

function wordsOf(line) {
  return line.map(({ glyph }) => glyph).join('');
}

function svg(lines) {
  const width = round(2 * MARGIN + WIDTH * Math.max(...lines.map((line) => wordsOf(line).trimEnd().length)));
  const height = 2 * MARGIN + HEIGHT * lines.length;
  const body = lines.flatMap((line, row) => runsOf(line).map((run) => element(run, row * HEIGHT)));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="#d8dee9">
${HEAD}<g transform="translate(${MARGIN},${MARGIN})">
${body.join('\n')}
</g></svg>`;
}

/** Neighbouring cells that one element can draw: a bar of one height, or words of one style. */
function runsOf(line) {
  const runs = [];
  line.forEach(({ glyph, style }, column) => {
    const last = runs.at(-1);
    const isBar = EIGHTHS.includes(glyph) || glyph === '▒' || glyph === '▏';
    const goesOn = last?.style === style && last.isBar === isBar && (!isBar || last.glyphs.endsWith(glyph));
    if (goesOn && !(glyph === ' ' && last.glyphs.endsWith(' '))) last.glyphs += glyph;
    else runs.push({ glyphs: glyph, style, isBar, column });
  });
  return runs.filter(({ glyphs }) => glyphs.trim());
}

function element({ glyphs, style, isBar, column }, top) {
  const x = round(column * WIDTH);
  const width = round(glyphs.length * WIDTH);
  const [first] = glyphs;
  if (first === '▒') return `<rect x="${x}" y="${top}" width="${width}" height="${HEIGHT}" fill="url(#w)"/>`;
  if (first === '▏') return `<rect x="${x}" y="${top}" width="${WIDTH / 5}" height="${HEIGHT}"${style}/>`;
  if (isBar) {
    const high = ((EIGHTHS.indexOf(first) + 1) / 8) * HEIGHT;
    return `<rect x="${x}" y="${top + HEIGHT - high}" width="${width}" height="${high}"${style}/>`;
  }
  const words = glyphs.trim();
  const at = round((column + glyphs.indexOf(words)) * WIDTH);
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${at}" y="${top + BASELINE}" textLength="${round(words.length * WIDTH)}"${style}>${escaped}</text>`;
}

function round(number) {
  return Math.round(number * 100) / 100;
}
