import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A worker that goes through one test file, in a process of its own: what the environment does, it does to a process. */
const WORKER = `
  const { AsyncLocalStorage } = require('node:async_hooks');
  const Environment = require(${JSON.stringify(join(__dirname, 'plain-environment.cjs'))});
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
  const told = execFileSync(process.execPath, ['--eval', WORKER], { encoding: 'utf8' });
  expect(JSON.parse(told)).toEqual({ during: ['in use', 'entered'], after: [null, null] });
});
