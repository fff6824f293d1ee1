// Runs the program in a realm of its own, as tools that evaluate code do: node in-context.cjs NAME…
// The realm has only `require` and the globals of these names from Node.js.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { createContext, Script } = require('node:vm');

const context = createContext(Object.fromEntries(process.argv.slice(2).map((name) => [name, globalThis[name]])));
const cache = new Map();
function load(file) {
  let module = cache.get(file);
  if (module === undefined) {
    module = { exports: {} };
    cache.set(file, module);
    const wrapper = `(function (module, exports, require, __filename) { ${readFileSync(file, 'utf8')}\n})`;
    const own = createRequire(file);
    const requireHere = (name) => (/^(node:|\w)/.test(name) ? own(name) : load(own.resolve(name)));
    new Script(wrapper, { filename: file }).runInContext(context)(module, module.exports, requireHere, file);
  }
  return module.exports;
}
console.log(load(require.resolve('./run.cjs'))(load(require.resolve('@ringtail/tracer')), process.env.SETTING));
