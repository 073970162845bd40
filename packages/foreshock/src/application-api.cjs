// Put at the head of what is bundled by build.mjs, as text: it may use nothing but Node's own modules.

/**
 * Two copies of `@opentelemetry/api` of different versions do not share what is registered: the application's spans or
 * metrics would be lost. With a preload from somewhere else (an image's NODE_OPTIONS), the application's copy is taken
 * if it is one that the preload can work with.
 *
 * @param {NodeJS.Require} own
 */
module.exports = function preferApplicationsApi(own) {
  const API = '@opentelemetry/api';

  function ofApplication() {
    const main = process.argv[1];
    const { createRequire } = own('node:module');
    const { readFileSync, realpathSync } = own('node:fs');
    const from = createRequire(main === undefined ? process.cwd() + '/main' : realpathSync(main));
    const file = from.resolve(API);
    const folder = file.slice(0, file.replace(/\\/g, '/').lastIndexOf(API) + API.length);
    const version = JSON.parse(readFileSync(folder + '/package.json', 'utf8')).version.split('.');
    return version[0] === '1' && Number(version[1]) >= 9 ? from(API) : undefined;
  }

  let api;
  try {
    api = ofApplication();
  } catch {
    // It has none; or its main file is no file.
  }
  return (id) => (id === API && api !== undefined ? api : own(id));
};
