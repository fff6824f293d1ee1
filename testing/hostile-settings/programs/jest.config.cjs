// JEST_MODULES is what the test is written in: mjs or cjs; JEST_JSDOM is where the environment of that name lies.
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
