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

/** Source of a `LoadedModule.rebind`, for the module's end. */
export function rebindText(bindings: Iterable<string>): string {
  const cases = Array.from(bindings, (name) => `case ${JSON.stringify(name)}: ${name} = replace(${name}); break;`);
  return `(binding, replace) => { switch (binding) { ${cases.join(' ')} default: throw new Error('not a declared binding: ' + binding); } }`;
}
