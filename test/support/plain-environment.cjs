const { AsyncLocalStorage } = require('node:async_hooks');
const vm = require('node:vm');
const { TestEnvironment } = require('jest-environment-node');

const { createContext } = vm;

/** Those that the test file of this moment has used: a worker runs one file at a time. */
const storages = new Set();
for (const method of ['run', 'enterWith']) {
  const original = AsyncLocalStorage.prototype[method];
  AsyncLocalStorage.prototype[method] = function (...args) {
    storages.add(this);
    return original.apply(this, args);
  };
}

/**
 * What V8 has made of each module's source: each test file loads its modules anew, and most are those of the file before. Copied into this
 * realm, since the original belongs to the one of the test file, and would keep it.
 */
const compiled = new Map();
const { compileFunction } = vm;
vm.compileFunction = (source, parameters, options) => {
  const known = compiled.get(options?.filename);
  if (known?.source === source) {
    return compileFunction(source, parameters, { ...options, cachedData: known.cachedData });
  }
  const made = compileFunction(source, parameters, { ...options, produceCachedData: true });
  compiled.set(options?.filename, { source, cachedData: Buffer.from(made.cachedData) });
  return made;
};

/**
 * Jest's environment for Node.js, with a global object of the usual kind. The one that it makes asks a proxy for each `Date` and
 * `Promise` that code names, and rotations take a fifth longer.
 */
module.exports = class PlainEnvironment extends TestEnvironment {
  constructor(config, context) {
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY);
    try {
      super(config, context);
    } finally {
      vm.createContext = createContext;
    }
  }

  /**
   * Each test file loads modules anew, and with them their `AsyncLocalStorage`. Before Node.js 24, one that was used once sees every
   * promise of its process for good: after a hundred files, rotations take twice as long.
   */
  async teardown() {
    await super.teardown();
    for (const storage of storages) storage.disable();
    storages.clear();
  }
};
