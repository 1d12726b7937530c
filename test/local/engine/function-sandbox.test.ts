import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { type LogRecord, type SandboxOptions, startSandbox } from '../../../local/engine/function-sandbox';
import { Gate } from '../../../local/engine/lambda-service';
import { bundle, removeBundles } from '../support/bundle';

let clock: VirtualClock;
let uninstall: () => void;

beforeEach(() => {
  clock = new VirtualClock();
  uninstall = clock.install();
});

afterEach(() => {
  uninstall();
  removeBundles();
});

const start = (code: string, changes: Partial<SandboxOptions> = {}) => {
  const logs: LogRecord[] = [];
  const environment = startSandbox({
    functionName: 'step',
    directory: bundle(code),
    handler: 'index.handler',
    environment: { GREETING: 'hello' },
    gate: new Gate(),
    onLog: (record) => logs.push(record),
    ...changes,
  });
  return { environment, logs };
};

test('a function sees its own environment variables and none of this process', async () => {
  const { environment } = start('exports.handler = async () => ({ ...process.env });');
  await expect(environment.invoke({})).resolves.toEqual({ GREETING: 'hello' });
});

test('changes of its environment do not reach this process', async () => {
  const { environment } = start(
    "exports.handler = () => { process.env.PATH = 'gone'; return require('node:process').env.PATH; };",
  );
  await expect(environment.invoke({})).resolves.toBe('gone');
  expect(process.env.PATH).not.toBe('gone');
});

test('what it logs is kept: an object as an object, the rest as text', async () => {
  const { environment, logs } = start(
    "exports.handler = () => { console.info({ step: 'x' }); console.error('%s!', 'no'); };",
  );
  await environment.invoke({});
  expect(logs.map(({ level, message, functionName }) => ({ level, message, functionName }))).toEqual([
    { level: 'info', message: { step: 'x' }, functionName: 'step' },
    { level: 'error', message: 'no!', functionName: 'step' },
  ]);
});

test('its time is virtual', async () => {
  const { environment } = start(`exports.handler = async () => {
    await new Promise((resolve) => setTimeout(resolve, 86400000));
    return new Date().toISOString();
  };`);
  await expect(clock.run(environment.invoke({}))).resolves.toBe('2026-03-03T08:00:00.000Z');
});

test('it is loaded once, and stays warm', async () => {
  const { environment } = start('let calls = 0; exports.handler = () => ++calls;');
  await environment.invoke({});
  await expect(environment.invoke({})).resolves.toBe(2);
});

test('its stack traces show the path that they have in Lambda', async () => {
  const { environment } = start('exports.handler = () => { throw new Error("x"); };');
  const error = (await environment.invoke({}).catch((thrown: unknown) => thrown)) as Error;
  expect(error.stack).toContain('/var/task/index.js');
});

test('it finds files beside its code', async () => {
  const { environment } = start("exports.handler = () => require('fs').readdirSync(__dirname);");
  await expect(environment.invoke({})).resolves.toEqual(['index.js']);
});

test('it can import built-in modules when it needs them', async () => {
  const { environment } = start('exports.handler = async () => typeof (await import("node:http")).request;');
  await expect(environment.invoke({})).resolves.toBe('function');
});

test('a bundle that lacks a module is refused, because Lambda would not have it either', () => {
  expect(() => start("require('luxon');")).toThrow(
    /asks for luxon; in Lambda there is nothing but the bundle/,
  );
});

test('a bundle without the handler is refused', () => {
  expect(() => start('exports.other = 1;')).toThrow(/exports no function handler/);
});

test('a function that was cut off sends and logs nothing more', async () => {
  const gate = new Gate();
  const { environment, logs } = start(
    "exports.handler = () => { console.info('still here'); require('http').request('http://127.0.0.1:9/'); };",
    { gate },
  );
  gate.close();
  await expect(environment.invoke({})).rejects.toThrow(/has been shut down/);
  expect(logs).toEqual([]);
});
