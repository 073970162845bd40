/** What Node's options load first: `--require`s, then `--import`s. */
export interface StartOptions {
  preloads: string[];
  loaders: string[];
  /** All options, e.g. `--permission`, `--allow-fs-read=/app`. */
  options: string[];
}

const PRELOAD = /^foreshock\/register$|foreshock[\\/]dist[\\/]register\.cjs$/;
const VALUED: Record<string, 'require' | 'import' | 'loader'> = {
  '-r': 'require',
  '--require': 'require',
  '--import': 'import',
  '--loader': 'loader',
  '--experimental-loader': 'loader',
};

export function startOptions(execArgv: readonly string[], nodeOptions: string): StartOptions {
  // Node reads NODE_OPTIONS first.
  const options = [...splitOptions(nodeOptions), ...execArgv];
  const found = { require: [] as string[], import: [] as string[], loader: [] as string[] };
  for (let i = 0; i < options.length; i++) {
    const [name = '', ...value] = options[i]!.split('=');
    const kind = VALUED[name];
    if (kind) found[kind].push(value.length > 0 ? value.join('=') : (options[++i] ?? ''));
  }
  return { preloads: [...found.require, ...found.import], loaders: found.loader, options };
}

export function isPreload(specifier: string): boolean {
  return PRELOAD.test(specifier);
}

export function namesPreload(execArgv: readonly string[], nodeOptions: string): boolean {
  return startOptions(execArgv, nodeOptions).preloads.some(isPreload);
}

/** As Node: blanks separate, `"` keeps them, `\` escapes in quotes (src/node_options.cc). */
export function splitOptions(text: string): string[] {
  const options: string[] = [];
  let option: string | undefined;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\' && isQuoted) option = (option ?? '') + (text[++i] ?? '');
    else if (character === '"') {
      isQuoted = !isQuoted;
      option ??= '';
    } else if (character === ' ' && !isQuoted) {
      if (option !== undefined) options.push(option);
      option = undefined;
    } else option = (option ?? '') + character;
  }
  if (option !== undefined) options.push(option);
  return options;
}
