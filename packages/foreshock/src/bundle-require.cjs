// build.mjs puts this at the head of bundles as text, so only built-in modules.

/**
 * Different versions of `@opentelemetry/api` do not share globals, so spans or metrics would be lost: a preload
 * installed elsewhere (an image's NODE_OPTIONS) uses the application's copy if compatible.
 *
 * Built-in modules bypass our module hooks, which count loads and cost a worker thread 10 kB per call.
 *
 * @param {NodeJS.Require} own
 */
module.exports = function requireOfBundle(own) {
  const API = '@opentelemetry/api';
  const builtin = (id) => process.getBuiltinModule(id);
  const { createRequire, Module } = builtin('node:module');
  const { readFileSync, realpathSync } = builtin('node:fs');

  function ofApplication() {
    const main = process.argv[1];
    const from = createRequire(main === undefined ? process.cwd() + '/main' : realpathSync(main));
    const file = from.resolve(API);
    return isSupported(folderOf(file)) ? from(API) : undefined;
  }

  // Its loading started a worker's preload; resolving again costs 0.5 MB per thread.
  function loadedInWorker() {
    if (builtin('node:worker_threads').isMainThread) return undefined;
    const loaded = Module._cache;
    const folders = new Set(Object.keys(loaded).map(folderOf));
    folders.delete(undefined);
    if (folders.size !== 1) return undefined;
    const [folder] = folders;
    const main = loaded[builtin('node:path').join(folder, packageOf(folder).main)];
    return main && main.loaded && isSupported(folder) ? main.exports : undefined;
  }

  function folderOf(file) {
    const end = file.replace(/\\/g, '/').lastIndexOf('/' + API + '/');
    return end < 0 ? undefined : file.slice(0, end + API.length + 1);
  }

  function packageOf(folder) {
    return JSON.parse(readFileSync(folder + '/package.json', 'utf8'));
  }

  function isSupported(folder) {
    const version = packageOf(folder).version.split('.');
    return version[0] === '1' && Number(version[1]) >= 9;
  }

  let api;
  try {
    api = loadedInWorker() || ofApplication();
  } catch {
    // Not installed, or its main file is missing.
  }
  return (id) => (id === API && api !== undefined ? api : builtin(id) || own(id));
};
