import { createDeployedWorld, type DeployedWorld } from '../../../local/deployment/deployed-world';
import { type SynthesizedApp, synthesize } from '../../../local/deployment/synthesized-app';
import type { Template } from '../../../local/deployment/template';
import { enrolledUsers } from '../../../local/world/scene';
import { SHORT_PERIODS } from '../../support/alice';
import { withoutGrant } from '../../support/grants';
import { HOUR } from '../../support/time';

/*
 * The product itself, with the stack that forwards from the backup Region: what happens when AWS says that a key is exposed.
 */

const USERS = [
  { userName: 'alice', ...SHORT_PERIODS, force: true, onExposedKey: 'emergency' },
  { userName: 'carol', ...SHORT_PERIODS, force: true },
];

let app: SynthesizedApp;
let world: DeployedWorld | undefined;
beforeAll(async () => {
  // In the place of the embedded AWS, where AWS Health's first Region is: so the backup alone is forwarded.
  const place = { account: '111122223333', region: 'us-east-1' };
  app = await synthesize({ stacks: [{ stackName: 'IamAccessKeyRotation', ...place, users: USERS }] });
}, 120_000);
afterEach(async () => {
  await world?.close();
  world = undefined;
});
afterAll(() => app.dispose());

/** Deploys, and lets AWS say that keys are exposed. */
const story = async (
  exposes: (world: DeployedWorld) => void,
  deployed: Partial<Pick<SynthesizedApp, 'template' | 'forwarding'>> = {},
) => {
  const opened = await createDeployedWorld({ ...app, ...deployed }, enrolledUsers(USERS));
  world = opened;
  const { aws, clock, logs } = opened;
  await opened.run(async () => {
    exposes(opened);
    await clock.sleep(HOUR);
  });
  return {
    told: aws.sns.messages.map(({ attributes, subject }) => attributes.event ?? subject),
    keysOf: (userName: string) => aws.iam.keysOf(userName).map(({ status }) => status),
    starts: aws.calls.filter(({ operation }) => operation === 'StartExecution').map(({ outcome }) => outcome),
    log: logs
      .filter(({ functionName }) => functionName.includes('ExposedKeys'))
      .map(({ message }) => message),
  };
};
const keyOf = ({ aws }: DeployedWorld, userName: string): string =>
  aws.iam.keysOf(userName)[0]?.accessKeyId ?? '';

/** The template without an action of the one role that is called so. */
const without = (template: Template, part: string, action: string): Template => {
  const [role, ...others] = Object.entries(template.Resources).flatMap(([logicalId, { Type }]) =>
    Type === 'AWS::IAM::Role' && logicalId.includes(part) ? [logicalId] : [],
  );
  if (role === undefined || others.length > 0) throw new Error(`There is not one role ${part}.`);
  return withoutGrant(template, { role, action });
};

test('there is one stack that forwards, in the backup Region', () => {
  expect(app.forwarding.map(({ stackName, region }) => [stackName, region])).toEqual([
    ['IamAccessKeyRotation-ExposedKeys-us-west-2-to-us-east-1', 'us-west-2'],
  ]);
});

test('both Regions deliver: one emergency, and one message of it', async () => {
  const { told, keysOf, starts } = await story((opened) => {
    opened.aws.health.expose([keyOf(opened, 'alice')]);
  });
  expect(starts).toEqual(['ok', 'ok']);
  expect(told).toEqual(['LeakedKeyInactive', 'LeakedKeyTraced', 'LeakedKeyTraced']);
  expect(keysOf('alice')).toEqual(['Inactive', 'Active']);
});

test('the first Region does not deliver: the backup is enough', async () => {
  const { told, keysOf } = await story((opened) => {
    opened.aws.health.expose([keyOf(opened, 'alice')], { regions: ['us-west-2'] });
  });
  expect(told).toEqual(['LeakedKeyInactive', 'LeakedKeyTraced', 'LeakedKeyTraced']);
  expect(keysOf('alice')).toEqual(['Inactive', 'Active']);
});

test('without the role’s permission the backup is of no use', async () => {
  const forwarding = app.forwarding.map((stack) => ({
    ...stack,
    template: without(stack.template, 'Role', 'events:PutEvents'),
  }));
  const { told, keysOf } = await story(
    (opened) => {
      opened.aws.health.expose([keyOf(opened, 'alice')], { regions: ['us-west-2'] });
    },
    { forwarding },
  );
  expect(told).toEqual([]);
  expect(keysOf('alice')).toEqual(['Active']);
});

test('two users: one is contained, and people are told of the other', async () => {
  const { told, keysOf } = await story((opened) => {
    opened.aws.health.expose([keyOf(opened, 'alice'), keyOf(opened, 'carol')], { regions: ['us-east-1'] });
  });
  expect([...told].sort()).toEqual(['KeyExposed', 'LeakedKeyInactive', 'LeakedKeyTraced', 'LeakedKeyTraced']);
  expect(keysOf('carol')).toEqual(['Active']);
});

test('another account, and another event: nothing happens', async () => {
  const { told, keysOf, log } = await story((opened) => {
    opened.aws.health.expose([keyOf(opened, 'alice')], {
      affectedAccount: '444455556666',
      regions: ['us-east-1'],
    });
  });
  expect(told).toEqual([]);
  expect(keysOf('alice')).toEqual(['Active']);
  expect(log).toEqual([expect.objectContaining({ ignored: 'another account' })]);
});

test('the function may not declare: people are told at once, and the event lies in the queue', async () => {
  const { told, keysOf } = await story(
    (opened) => {
      opened.aws.health.expose([keyOf(opened, 'alice')], { regions: ['us-east-1'] });
    },
    { template: without(app.template, 'ExposedKeysRole', 'states:StartExecution') },
  );
  expect(told.slice(0, 1)).toEqual(['KeyExposed']);
  expect(told.filter((event) => event === 'KeyExposed')).toHaveLength(3);
  expect(told.at(-1)).toMatch(/^ALARM: .*Undelivered/);
  expect(keysOf('alice')).toEqual(['Active']);
});
