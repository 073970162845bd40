/**
 * For {@link rebindText}: a `const` becomes `let`, in the same columns. `export default name` exports the binding's
 * value then, `export { name as default }` the binding.
 */
export function withLiveBindings(source: string, bindings: Iterable<string>): string {
  let text = source;
  for (const name of bindings) {
    text = text
      .replace(new RegExp(`^((?:export )?)const (?=${name}\\b)`, 'm'), '$1let   ')
      .replace(new RegExp(`^export default ${name}(?=;?$)`, 'm'), `export { ${name} as default }`);
  }
  return text;
}

/**
 * Source of a `LoadedModule.rebind`, for the module's end.
 *
 * @param localOf default: exported by its own name
 */
export function rebindText(bindings: Iterable<string>, localOf: (name: string) => string = (name) => name): string {
  const cases = Array.from(bindings, (name) => {
    const local = localOf(name);
    return `case ${JSON.stringify(name)}: ${local} = replace(${local}); break;`;
  });
  return `(binding, replace) => { switch (binding) { ${cases.join(' ')} default: throw new Error('not a declared binding: ' + binding); } }`;
}

/** `export { a as handler }`, as bundlers write it: `a`. */
export function localName(source: string, exported: string): string {
  const name = exported.replaceAll('$', '\\$&');
  return new RegExp(`\\bexport\\s*\\{[^}]*?([\\w$]+)\\s+as\\s+${name}\\s*[,}]`).exec(source)?.[1] ?? exported;
}
