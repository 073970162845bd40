// Put at the head of what is bundled by build.mjs, as text: it may use nothing but Node's own modules.

/**
 * The `require` of a bundle.
 *
 * Two copies of `@opentelemetry/api` of different versions do not share what is registered: the application's spans or
 * metrics would be lost. With a preload from somewhere else (an image's NODE_OPTIONS), the application's copy is taken
 * if it is one that the preload can work with.
 *
 * Node's own modules are taken past the module hooks: ours would take them for the application's, and each call costs
 * a worker thread 10 kB.
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

  // The copy that a worker thread has loaded, which has woken the preload: to find it again costs 0.5 MB a thread.
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
    // It has none; or its main file is no file.
  }
  return (id) => (id === API && api !== undefined ? api : builtin(id) || own(id));
};
