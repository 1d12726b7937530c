import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const ENVIRONMENT = JSON.stringify(join(__dirname, 'plain-environment.cjs'));

/** What a program says, in a process of its own: what the environment does, it does to a process. */
const saidBy = (program: string): unknown =>
  JSON.parse(execFileSync(process.execPath, ['--expose-gc', '--eval', program], { encoding: 'utf8' }));

/** A worker that goes through one test file. */
const WORKER = `
  const { AsyncLocalStorage } = require('node:async_hooks');
  const Environment = require(${ENVIRONMENT});
  const projectConfig = { globals: {}, testEnvironmentOptions: { globalsCleanup: 'off' } };
  const environment = new Environment({ projectConfig, globalConfig: {} }, {});
  const [before, entered] = [new AsyncLocalStorage(), new AsyncLocalStorage()];
  before.run('in use', async () => {
    entered.enterWith('entered');
    const during = [before.getStore(), entered.getStore()];
    await environment.teardown();
    console.log(JSON.stringify({ during, after: [before.getStore() ?? null, entered.getStore() ?? null] }));
  });`;

test('what a test file has stored with its promises is not passed on once it has ended', () => {
  expect(saidBy(WORKER)).toEqual({ during: ['in use', 'entered'], after: [null, null] });
});

/** A worker that loads a module in one test file after the other; the last time, the module has changed. */
const LOADING = `
  const vm = require('node:vm');
  require(${ENVIRONMENT});
  const load = (source) => {
    const parsingContext = vm.createContext();
    const made = vm.compileFunction(source, ['given'], { filename: '/module.js', parsingContext });
    const own = vm.runInContext('Array', parsingContext);
    return { said: made('x')[1], inItsRealm: made('x') instanceof own };
  };
  const files = [1, 1, 2].map((version) => load('return [given, ' + version + ']'));
  console.log(JSON.stringify(files));`;

test('what V8 has made of a module serves the test files after it, each in its own realm, until the module changes', () => {
  expect(saidBy(LOADING)).toEqual([1, 1, 2].map((said) => ({ said, inItsRealm: true })));
});

/** A worker that has loaded modules in many test files, and counts those of which something is left. */
const FORGETTING = `
  const vm = require('node:vm');
  require(${ENVIRONMENT});
  const contexts = [];
  const load = (index) => {
    const parsingContext = vm.createContext();
    vm.compileFunction('return ' + index, [], { filename: '/module-' + index + '.js', parsingContext })();
    contexts.push(new WeakRef(parsingContext));
  };
  for (let index = 0; index < 10; index += 1) load(index);
  const look = (again) => {
    gc();
    const left = contexts.filter((context) => context.deref() !== undefined).length;
    if (left > 0 && again > 0) setImmediate(look, again - 1);
    else console.log(left);
  };
  setImmediate(look, 10);`;

test('nothing of a test file is kept with it: a worker goes through hundreds', () => {
  expect(saidBy(FORGETTING)).toBe(0);
});
