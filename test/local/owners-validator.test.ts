import { createDeployedWorld, type DeployedWorld } from '../../local/deployment/deployed-world';
import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';
import { enrolledUsers } from '../../local/world/scene';

/*
 * The product as it is deployed, for users with and without a validator: it is looked for by the permission that the template
 * gives the plan, which is on each function by its exact ARN.
 */

const SHOP = 'arn:aws:lambda:us-east-1:111122223333:function:shop';
const USERS = [
  { userName: 'alice' },
  { userName: 'bob', validator: SHOP },
  { userName: 'carol', validator: `${SHOP}:live` },
  { userName: 'dave', validator: `${SHOP}s` },
].map((user) => ({
  ...user,
  overlapPeriod: 'PT2H',
  quietPeriod: 'PT1H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'PT6H',
  idleAfter: 'PT1H',
  deactivationWindow: 'always' as const,
  force: true,
}));

let app: SynthesizedApp;
let world: DeployedWorld;

beforeAll(async () => {
  app = await synthesize({ users: USERS });
}, 120_000);
beforeEach(async () => {
  world = await createDeployedWorld(app, enrolledUsers(USERS));
  for (const arn of [SHOP, `${SHOP}:live`]) {
    world.lambda.add({
      name: 'shop',
      arn,
      timeoutSeconds: 60,
      start: () => ({ invoke: async () => ({ healthy: true, reason: 'all is well' }) }),
    });
  }
}, 60_000);
afterEach(() => world.close());
afterAll(() => app.dispose());

const rotate = (userName: string) => world.run(world.startExecution({ userName }).result);
const looked = () =>
  world.aws.calls
    .filter(({ service }) => service === 'lambda')
    .map(({ resource, outcome }) => [resource, outcome]);

test.each([
  ['alice', 'no validator', []],
  ['bob', 'a validator', [[SHOP, 'ok']]],
  ['carol', 'an alias of one', [[SHOP, 'ok']]],
])(
  '%s, who has %s, is rotated',
  async (userName, _has, calls) => {
    expect(await rotate(userName)).toMatchObject({ status: 'SUCCEEDED' });
    expect(looked()).toEqual(calls);
  },
  60_000,
);

test('dave, whose validator is not there, gets no key', async () => {
  expect(await rotate('dave')).toMatchObject({
    error: 'EnrolmentConflict',
    cause: expect.stringContaining(`validator of dave is ${SHOP}s, and there is no such function`),
  });
  expect(looked()).toEqual([[`${SHOP}s`, 'ResourceNotFoundException']]);
  expect(world.aws.calls.map(({ operation }) => operation)).not.toContain('CreateAccessKey');
}, 60_000);
