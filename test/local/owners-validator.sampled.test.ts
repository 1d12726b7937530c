import type { DeployedWorld } from '../../local/deployment/deployed-world';
import { addValidator } from '../support/alice';
import { sampled } from '../support/sampled';
import { appOf } from './support/deployed';

/*
 * The product as it is deployed, for users with and without a validator. The template gives the plan's role
 * the permission to look for it, on each function by its exact ARN.
 */

const SHOP = 'arn:aws:lambda:us-east-1:111122223333:function:shop';
const app = appOf([
  { userName: 'alice' },
  { userName: 'bob', validator: SHOP },
  { userName: 'carol', validator: `${SHOP}:live` },
  { userName: 'dave', validator: `${SHOP}s` },
]);

let world: DeployedWorld;
beforeEach(async () => {
  world = await app.deploy();
  for (const arn of [SHOP, `${SHOP}:live`]) {
    addValidator(world, arn, () => ({ healthy: true, reason: 'all is well' }));
  }
}, 60_000);

const rotate = (userName: string) => world.run(world.startExecution({ userName }).result);
const looked = () =>
  world.aws.calls
    .filter(({ service }) => service === 'lambda')
    .map(({ resource, outcome }) => [resource, outcome]);

const ROTATED: readonly (readonly [string, string, readonly unknown[]])[] = [
  ['carol', 'an alias of one', [[SHOP, 'ok']]],
  ['bob', 'a validator', [[SHOP, 'ok']]],
  ['alice', 'no validator', []],
];

test.each(sampled(ROTATED, 3))(
  '%s, who has %s, is rotated',
  async (userName, _has, calls) => {
    expect(await rotate(userName)).toMatchObject({ status: 'SUCCEEDED' });
    expect(looked()).toEqual(calls);
  },
  60_000,
);

test('dave, whose validator does not exist, gets no key', async () => {
  expect(await rotate('dave')).toMatchObject({
    error: 'EnrolmentConflict',
    cause: expect.stringContaining(
      `The validator of dave does not exist in this account and Region: ${SHOP}s.`,
    ),
  });
  expect(looked()).toEqual([[`${SHOP}s`, 'ResourceNotFoundException']]);
  expect(world.aws.calls.map(({ operation }) => operation)).not.toContain('CreateAccessKey');
}, 60_000);
