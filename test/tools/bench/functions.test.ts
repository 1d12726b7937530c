import { functionBundles } from '../../../lib/code/function-bundles';
import { measureBundles } from '../../../tools/bench/functions';

const WAYS = ['ours', 'defaultMinified', 'default', 'sdkOfRuntime', 'empty'].sort();

test('a function is measured beside other bundles of its sources', async () => {
  const [measured, ...others] = await measureBundles({ names: ['replicate-secret'], rounds: 1 });
  if (measured === undefined) throw new Error('Nothing was measured.');
  expect(others).toEqual([]);
  expect(measured).toMatchObject({
    name: 'replicate-secret',
    clients: ['@aws-sdk/client-secrets-manager'],
    bytes: { ours: functionBundles().get('replicate-secret')?.code.length },
  });
  const { ours, defaultMinified, default: defaults, sdkOfRuntime, empty } = measured.bytes;
  expect(defaultMinified).toBeGreaterThan(ours);
  expect(defaults).toBeGreaterThan(defaultMinified);
  expect(sdkOfRuntime).toBeLessThan(ours);
  expect(empty).toBeLessThan(100);
  expect(Object.keys(measured.loadMs).sort()).toEqual(WAYS);
  expect(Object.values(measured.loadMs).every((milliseconds) => Number.isFinite(milliseconds))).toBe(true);
});

test('several are measured in the requested order, and an empty list gives nothing', async () => {
  const measured = await measureBundles({ names: ['stop-execution', 'replicate-secret'], rounds: 1 });
  expect(measured.map(({ name }) => name)).toEqual(['stop-execution', 'replicate-secret']);
  expect(await measureBundles({ names: [] })).toEqual([]);
});

test('a name that is not a function is an error with that name', async () => {
  await expect(measureBundles({ names: ['shared'] })).rejects.toThrow('lambdas/shared is not a function');
});

test('a missing Node.js is an error', async () => {
  await expect(
    measureBundles({ names: ['replicate-secret'], rounds: 1, node: 'no-such-node' }),
  ).rejects.toThrow('no-such-node');
});
