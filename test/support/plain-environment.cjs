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
