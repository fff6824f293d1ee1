// JEST_MODULES is the test's kind of module, mjs or cjs; JEST_JSDOM is the path of that environment.
const { JEST_MODULES: modules, JEST_JSDOM: jsdom } = process.env;
const kind = { cjs: '', mjs: ' with ES modules' }[modules];
const project = (name, testEnvironment) => ({
  displayName: name,
  rootDir: __dirname,
  testMatch: [`**/runner.check.${modules}`],
  testEnvironment,
  globals: { SETTING: `jest${kind}, ${name}` },
});

module.exports = { projects: [project('node', 'node'), project('jsdom', jsdom)] };
