import assert from 'node:assert/strict';
import { type CloudWatchClient, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateAccessKeyCommand, DeleteAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { ConnectionLost } from '../../../embedded-aws/ground/errors';
import type { RotatedUser } from '../../../lib/config';
import type { DeployedWorld } from '../../../local/deployment/deployed-world';
import { play as tell } from '../../../local/story/rotation-run';
import { type OnTheWay, sendOn } from '../../../local/world/endpoint-aws';
import type { KeyAtStart } from '../../../local/world/scene';
import { HOUR, MINUTE, SECOND } from '../../support/time';

/**
 * The user of every scenario, with waits of hours, so that the consumer's calls are dozens and not thousands.
 */
export const USER_SETTINGS = {
  userName: 'alice',
  healthAlarms: ['alice-consumers-fail'],
  overlapPeriod: 'PT2H',
  noticeBefore: 'PT1H',
  quietPeriod: 'PT1H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'PT6H',
  deactivationWindow: 'always',
  force: true,
};

/** The stage of a scenario. */
interface Stage {
  readonly world: DeployedWorld;
  readonly url: string;
  readonly user: RotatedUser;
  /** Clients of the account's owner: for a person's acts. */
  readonly iam: IAMClient;
  readonly secrets: SecretsManagerClient;
  readonly alarms: CloudWatchClient;
}

/** A story, played on moto under the synthesized roles. */
export interface Scenario {
  readonly title: string;
  readonly key?: KeyAtStart;
  /** Plays the story, and checks how it ends. Called within virtual time. */
  readonly play: (stage: Stage) => Promise<void>;
  /** What happens to calls on their way. */
  readonly onTheWay?: (stage: Stage) => OnTheWay;
}

/** Status and error of an execution, in one text. */
const play = async ({ world, user }: Stage, input: object = {}): Promise<string> => {
  const { status, error } = await (await world.start({ userName: user.userName, ...input })).result;
  return error === undefined ? status : `${status} ${error}`;
};

const keysOf = async ({ world, user }: Stage) => world.account.keysOf(user.userName);

const currentKeyOf = async ({ secrets, user }: Stage): Promise<string | undefined> => {
  const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId: user.secretId }));
  return (JSON.parse(SecretString) as { readonly AccessKeyId?: string }).AccessKeyId;
};

/** The user has one key, and the secret holds it: the end of every completed rotation. */
const expectOneKey = async (stage: Stage, before: string | undefined): Promise<void> => {
  const keys = await keysOf(stage);
  assert.deepEqual(
    keys.map(({ status }) => status),
    ['Active'],
  );
  assert.equal(keys[0]?.accessKeyId, await currentKeyOf(stage));
  assert.notEqual(keys[0]?.accessKeyId, before);
};

/** The key with which the user begins. */
const firstKeyOf = async (stage: Stage): Promise<string> => {
  const [first] = await keysOf(stage);
  assert.ok(first !== undefined, 'the user has a key');
  return first.accessKeyId;
};

const messagesOf = ({ world }: Stage): number =>
  world.aws.calls.filter(
    ({ service, operation, outcome }) => `${service}:${operation}:${outcome}` === 'sns:Publish:ok',
  ).length;

const healthy: Scenario = {
  title: 'a healthy rotation, with a consumer',
  play: async (stage) => {
    const { world, user } = stage;
    const before = await firstKeyOf(stage);
    const connection = { requestHandler: world.aws.requestHandler() };
    const { document } = await tell(world, { user, connection });
    assert.equal(document.status, 'SUCCEEDED', document.cause);
    assert.ok(document.consumer.calls > 100, 'the consumer worked');
    assert.equal(document.consumer.failures, 0);
    await expectOneKey(stage, before);
  },
};

const noticed: Scenario = {
  title: 'the schedule gives notice of a rotation, and then rotates',
  play: async (stage) => {
    const before = await firstKeyOf(stage);
    const told = messagesOf(stage);
    assert.equal(await play(stage, { trigger: 'schedule' }), 'SUCCEEDED');
    // Before the rotation, and before the deactivation.
    assert.equal(messagesOf(stage) - told, 2);
    await expectOneKey(stage, before);
  },
};

/** The owner adds a field. */
const edit = async ({ secrets, user }: Stage): Promise<void> => {
  const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId: user.secretId }));
  const document = { ...(JSON.parse(SecretString) as object), Endpoint: 'https://example.com' };
  await secrets.send(
    new PutSecretValueCommand({ SecretId: user.secretId, SecretString: JSON.stringify(document) }),
  );
};

/** The owner's addition is there, whichever key is beside it. */
const expectEdit = async ({ secrets, user }: Stage): Promise<void> => {
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: user.secretId }));
  assert.match(SecretString, /"Endpoint":\s*"https:\/\/example\.com"/, 'the edit is carried over');
};

const edited: Scenario = {
  title: 'an owner edits the secret while the new key is tested',
  play: async (stage) => {
    const { world } = stage;
    const before = await firstKeyOf(stage);
    const rotation = play(stage);
    // Testing takes twelve seconds, so the key is stored and not yet published.
    await world.clock.sleep(5 * SECOND);
    await edit(stage);
    assert.equal(await rotation, 'SUCCEEDED');
    await expectOneKey(stage, before);
    await expectEdit(stage);
  },
};

const crashed = (): Scenario => {
  let crashes = 1;
  let stop = (): void => {};
  return {
    title: 'a rotation dies between creating a key and storing it; the next one takes over',
    onTheWay: () => async (call, proceed) => {
      const response = await proceed();
      if (call.operation !== 'CreateAccessKey' || crashes === 0) return response;
      crashes -= 1;
      stop();
      throw new ConnectionLost();
    },
    play: async (stage) => {
      const { world, user } = stage;
      const before = await firstKeyOf(stage);
      const first = world.startExecution({ userName: user.userName });
      stop = () => first.stop();
      assert.equal((await first.result).status, 'ABORTED');
      const orphan = (await keysOf(stage)).find(({ accessKeyId }) => accessKeyId !== before)?.accessKeyId;
      assert.ok(orphan !== undefined, 'there is a key that no secret holds');

      await world.clock.sleep(5 * MINUTE);
      assert.equal(await play(stage), 'SUCCEEDED');
      await expectOneKey(stage, before);
      assert.notEqual(await currentKeyOf(stage), orphan, 'the orphan was deleted, not published');
    },
  };
};

const firstKey: Scenario = {
  title: 'a first key; a late request of the create step leaves another one, which the last step removes',
  key: 'none',
  play: async (stage) => {
    const { world, user } = stage;
    assert.deepEqual(await keysOf(stage), []);
    const rotation = play(stage);
    // Published, and not yet complete: the rotation waits for requests that are under way.
    await world.clock.sleep(MINUTE);
    const role = world.aws.calls.find(({ operation }) => operation === 'CreateAccessKey')?.caller ?? '';
    const late = new IAMClient({
      region: 'us-east-1',
      credentials: world.aws.roleCredentials(role),
      requestHandler: world.aws.requestHandler(),
    });
    await late.send(new CreateAccessKeyCommand({ UserName: user.userName }));
    assert.equal((await keysOf(stage)).length, 2);
    assert.equal(await rotation, 'SUCCEEDED');
    await expectOneKey(stage, undefined);
  },
};

const neverAccepted: Scenario = {
  title: 'AWS does not accept the new key: it is condemned and deleted',
  onTheWay:
    ({ url }) =>
    (call, proceed) => {
      if (call.signingName !== 'sts') return proceed();
      const { authorization = '', ...headers } = call.request.headers;
      const spoiled = authorization.replace(/[0-9a-f]{8}$/, '00000000');
      return sendOn(url, { ...call.request, headers: { ...headers, authorization: spoiled } });
    },
  play: async (stage) => {
    const before = await firstKeyOf(stage);
    assert.equal(await play(stage), 'FAILED AccessKeyNotUsable');
    assert.deepEqual(
      (await keysOf(stage)).map(({ accessKeyId, status }) => [accessKeyId, status]),
      [[before, 'Active']],
    );
    assert.equal(await currentKeyOf(stage), before);
    assert.equal(messagesOf(stage), 1, 'a person is told');
  },
};

const alarmed: Scenario = {
  title: 'an alarm after deactivation: rolled back, on hold, and a person is reminded of the hold',
  play: async (stage) => {
    const { world, alarms, user } = stage;
    const before = await firstKeyOf(stage);
    const rotation = play(stage);
    await world.clock.sleep(3 * HOUR);
    const [AlarmName] = user.healthAlarms;
    assert.equal(
      (await keysOf(stage)).find(({ accessKeyId }) => accessKeyId === before)?.status,
      'Inactive',
      'the old key is deactivated',
    );
    await alarms.send(
      new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'consumers fail' }),
    );
    assert.equal(await rotation, 'FAILED ConsumersUnhealthy');
    assert.deepEqual(
      (await keysOf(stage)).map(({ status }) => status),
      ['Active', 'Active'],
    );
    assert.equal(messagesOf(stage), 2, 'a person is told ahead, and of the rollback');

    assert.equal(await play(stage, { trigger: 'schedule' }), 'SUCCEEDED');
    assert.equal(messagesOf(stage), 3, 'a person is reminded of the hold');
  },
};

const newKeyGone: Scenario = {
  title: 'a person deletes the new key after deactivation: the old one is current again',
  play: async (stage) => {
    const { world, iam, user } = stage;
    const before = await firstKeyOf(stage);
    const rotation = play(stage);
    await world.clock.sleep(3 * HOUR);
    const AccessKeyId = await currentKeyOf(stage);
    assert.notEqual(AccessKeyId, before);
    await iam.send(new DeleteAccessKeyCommand({ UserName: user.userName, AccessKeyId }));
    assert.match(await rotation, /^FAILED /);
    assert.deepEqual(
      (await keysOf(stage)).map(({ accessKeyId, status }) => [accessKeyId, status]),
      [[before, 'Active']],
    );
    assert.equal(await currentKeyOf(stage), before);
  },
};

const incomplete: Scenario = {
  title: 'the declaration of an emergency names no key: nothing is started, and a person is told',
  play: async (stage) => {
    const { world, user } = stage;
    const before = messagesOf(stage);
    const { error } = await world.emergencies.start({ userName: user.userName }).result;
    assert.equal(error, 'InvalidRotationInput');
    assert.equal(messagesOf(stage), before + 1);
  },
};

const leaked: Scenario = {
  title:
    'the new key has leaked while the old one is Inactive: after a plan, an emergency brings the old one back',
  play: async (stage) => {
    const { world } = stage;
    const before = await firstKeyOf(stage);
    assert.equal(await play(stage, { action: 'plan' }), 'SUCCEEDED');
    const rotation = play(stage);
    await world.clock.sleep(3 * HOUR);
    const accessKeyId = await currentKeyOf(stage);
    assert.notEqual(accessKeyId, before);
    const emergency = play(stage, { action: 'emergency', accessKeyId, reason: 'a drill' });
    assert.match(await rotation, /^ABORTED/);
    assert.equal(await emergency, 'SUCCEEDED');
    assert.deepEqual(
      (await keysOf(stage)).map((key) => [key.accessKeyId, key.status]),
      [[before, 'Active']],
    );
    assert.equal(await currentKeyOf(stage), before);
  },
};

const surveyed: Scenario = {
  title: 'the survey looks at a rotation that runs, and tells that nobody is subscribed',
  play: async (stage) => {
    const { world } = stage;
    const before = messagesOf(stage);
    const rotation = play(stage);
    await world.clock.sleep(3 * HOUR);
    await world.survey();
    const { detail } = world.aws.eventBridge.events.at(-1) ?? {};
    const { findings, figures } = detail as { readonly findings: unknown; readonly figures: object };
    assert.deepEqual(findings, [{ check: 'subscriptions', verdict: 'wrong', code: 'nobody-subscribed' }]);
    assert.equal((figures as Record<string, number>).SurveyHeartbeat, 1);
    assert.equal(
      messagesOf(stage),
      before + 2,
      'people are told of the deactivation ahead, and by the survey',
    );
    assert.equal(await rotation, 'SUCCEEDED');
  },
};

/** Together they call nearly every action of the steps' roles. */
export const SCENARIOS: readonly Scenario[] = [
  healthy,
  noticed,
  edited,
  crashed(),
  firstKey,
  neverAccepted,
  alarmed,
  newKeyGone,
  incomplete,
  surveyed,
  leaked,
];
