import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import type { RotatedUser } from '../../lib/config';
import type { DeployedWorld } from '../../local/deployment/deployed-world';
import type { Template } from '../../local/deployment/template';
import { play } from '../../local/story/rotation-run';
import { SCENARIOS, type Scenario } from '../../local/story/scenarios';
import type { KeyAtStart } from '../../local/world/scene';
import { referred, withoutGrant } from '../support/grants';
import { DAY, HOUR, MINUTE } from '../support/time';

/*
 * Stories in which every role of the stack has to act: those of the runner, and those that no rotation tells.
 */

/** A story of the synthesized stack. It is played within virtual time; how it ends, other tests say. */
export interface Story {
  readonly title: string;
  readonly key?: KeyAtStart;
  /** The user's other settings. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What is deployed. Default: the template as it is. */
  readonly template?: (template: Template) => Template;
  readonly play: (world: DeployedWorld, user: RotatedUser) => Promise<void>;
}

/** A story of the runner. The stack keeps its own health alarms: the policies name them. */
const told = ([name, scenario]: readonly [string, Scenario]): Story => {
  const { healthAlarms: _alarms, ...settings } = scenario.settings?.('alice') ?? {};
  return {
    title: `the runner's story ${name}`,
    ...(scenario.key && { key: scenario.key }),
    settings,
    play: async (world, user) => {
      const connection = { ...sdkConfig('fast'), requestHandler: world.aws.requestHandler() };
      await play(world, { user, scenario, connection });
    },
  };
};

/** The schedules' roles may leave a letter, and not start what they are there for. */
const withoutStarts = (template: Template): Template =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .map(({ Properties }) => referred((Properties?.Target as { readonly RoleArn?: unknown })?.RoleArn) ?? '')
    .flatMap((role) => ['states:StartExecution', 'lambda:InvokeFunction'].map((action) => ({ role, action })))
    .reduce(withoutGrant, template);

/** The service answers with an error from now on. */
const silence = ({ aws }: DeployedWorld, name: string): void => {
  aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ service }) => service === name,
  });
};

const REST: readonly Story[] = [
  {
    title: 'each schedule starts what it is there for',
    play: async ({ schedules }) => {
      for (const fire of schedules.values()) await fire()?.result;
    },
  },
  {
    title: 'what no schedule may start lies in the queue',
    template: withoutStarts,
    play: async ({ schedules, survey }) => {
      for (const fire of schedules.values()) fire();
      await survey().catch(() => {});
    },
  },
  {
    title: 'the survey looks at a key that is overdue, at a rotation that runs, and at one that is over',
    play: async (world, { userName }) => {
      await world.survey();
      const rotation = world.startExecution({ userName });
      await world.clock.sleep(HOUR);
      await world.survey();
      await rotation.result;
      await world.clock.sleep(DAY);
      await world.survey();
    },
  },
  {
    title: 'a person stops a rotation, and people are told',
    play: async (world, { userName }) => {
      const rotation = world.startExecution({ userName });
      await world.clock.sleep(MINUTE);
      rotation.stop('ByHand');
      await world.clock.sleep(HOUR);
    },
  },
  {
    title:
      'a person stops a rotation, SNS does not answer, and what people were to be told lies in the queue',
    play: async (world, { userName }) => {
      const rotation = world.startExecution({ userName });
      await world.clock.sleep(MINUTE);
      silence(world, 'sns');
      rotation.stop('ByHand');
      await world.clock.sleep(HOUR);
    },
  },
  {
    title: 'CloudWatch Logs does not answer, and the end of which there is no record lies in the queue',
    play: async (world, { userName }) => {
      silence(world, 'logs');
      await world.startExecution({ userName, action: 'plan' }).result;
      await world.clock.sleep(HOUR);
    },
  },
  {
    title: 'a deployment takes a tag away from secrets that an earlier one gave them',
    play: ({ updateSecrets }) =>
      updateSecrets(({ Tags, ...properties }) =>
        Array.isArray(Tags)
          ? { ...properties, Tags: [...Tags, { Key: 'team', Value: 'billing' }] }
          : properties,
      ),
  },
  {
    title: 'AWS says that keys are exposed, and people are told of those that no emergency is for',
    play: async (world, { userName }) => {
      const { iam, health } = world.aws;
      iam.addUser({ userName: 'not-enrolled' });
      iam.addAccessKey('not-enrolled');
      const keys = [userName, 'not-enrolled'].flatMap((name) => iam.keysOf(name));
      health.expose(keys.map(({ accessKeyId }) => accessKeyId));
      await world.clock.sleep(HOUR);
    },
  },
  {
    title: 'AWS says that a key is exposed, SNS does not answer, and the event lies in the queue',
    play: async (world, { userName }) => {
      silence(world, 'sns');
      world.aws.health.expose(world.aws.iam.keysOf(userName).map(({ accessKeyId }) => accessKeyId));
      await world.clock.sleep(HOUR);
    },
  },
  {
    title: 'an emergency is declared without a key',
    play: async ({ emergencies }, { userName }) => {
      await emergencies.start({ userName }).result;
    },
  },
];

/** Every story. */
export const STORIES: readonly Story[] = [...Object.entries(SCENARIOS).map(told), ...REST];
