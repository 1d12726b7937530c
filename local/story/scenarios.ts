import type { RotationErrorName } from '../../lambdas/shared/contract/errors';
import { milliseconds } from '../../lambdas/shared/rotation/calendar';
import type { RotatedUser } from '../../lib/config';
import type { Execution } from '../engine/execution';
import type { World } from '../world/base-world';
import type { Consumer, ConsumerOptions } from '../world/consumer';
import type { KeyAtStart } from '../world/scene';

/** What a story is made of. */
export interface Stage {
  readonly user: RotatedUser;
  readonly world: Pick<World, 'aws' | 'lambda'>;
  /** Adds an application, which works only when told to. */
  consumer(options?: Pick<ConsumerOptions, 'name' | 'habit' | 'onCall'>): Consumer;
  /** The same, but it works from now on. */
  worker(options?: Pick<ConsumerOptions, 'name' | 'habit'>): Consumer;
  /** Adds a mail program that sends through SES's SMTP interface, from now on. */
  mailRelay(): void;
  /** The time before the first execution. From here on the story is reported. */
  settleIn(): Promise<void>;
  /** The access key ID that AWSCURRENT names; undefined if it names none. */
  current(): Promise<string | undefined>;
  /** Starts an execution for the user, as a person does. */
  start(input?: Readonly<Record<string, unknown>>): Promise<Execution>;
  /** AWS says that a key is exposed. The rotation that this starts: nobody else starts it. */
  exposed(accessKeyId: string): Promise<Execution>;
  /** Until an execution has reached a state, or has ended without reaching it. */
  reached(execution: Execution, state: string): Promise<void>;
  /** Until this much virtual time has passed, in milliseconds. */
  sleep(ms: number): Promise<void>;
  /** Reports something that no execution shows. */
  say(text: string): void;
}

/** A story about a rotation. */
export interface Scenario {
  /** What it is about, in a few words. */
  readonly is: string;
  /** How it should end, in a few words. */
  readonly ends: string;
  /** The error with which the last execution should fail. Default: it should succeed. */
  readonly failsWith?: RotationErrorName;
  /** What the user has at the start. Default: a key that is in the secret. */
  readonly key?: KeyAtStart;
  /** The user's other settings. */
  readonly settings?: (userName: string) => Readonly<Record<string, unknown>>;
  readonly play: (stage: Stage) => Promise<void>;
}

const MINUTE = 60 * 1000;

const OVERLAP = 'Wait for the overlap period';
const CREATION = 'Create and store a new key';
const DEACTIVATION = 'Deactivate the old key';
/** Whichever step has set a leaked key Inactive. */
const INACTIVE = 'Announce the deactivation';

const HOLDER = 'An application that reads its key when it starts';
const JOB = 'A job with a key that it read long ago';

/** How long it takes until a person notices a failure. */
const REACTION = 30 * MINUTE;

/** The health alarm of the scenario that has one. */
const alarmOf = (userName: string): string => `consumers-of-${userName}-fail`;

/** The fields of the secret that the mail relay of the scenario needs. */
const SMTP = { regions: ['eu-west-1'], userField: 'user', passwordField: 'password' };

const emergency = (accessKeyId: string | undefined, more: object = {}) => ({
  action: 'emergency',
  accessKeyId,
  reason: 'found in a public repository',
  ...more,
});

/** An undisturbed rotation, and an application that follows it. */
const rotate = async (stage: Stage, input?: Readonly<Record<string, unknown>>): Promise<void> => {
  stage.worker();
  await stage.settleIn();
  await (await stage.start(input)).result;
};

/** A forgotten job starts right after the old key is Inactive. */
const deactivateUnderAJob = async (
  stage: Stage,
  onCall?: ConsumerOptions['onCall'],
): Promise<{ readonly rotation: Execution; readonly job: Consumer }> => {
  stage.worker();
  const job = stage.consumer({ name: JOB, habit: 'holds', ...(onCall && { onCall }) });
  await job.call();
  await stage.settleIn();
  const rotation = await stage.start();
  await stage.reached(rotation, DEACTIVATION);
  await stage.sleep(MINUTE);
  stage.say('A job begins to run that has not run for weeks, with the old key.');
  void job.work();
  return { rotation, job };
};

/** An emergency, and an application that fails until it is restarted. */
const retire = async (
  stage: Stage,
  leaked: string | undefined,
  holder: Consumer,
  more?: object,
): Promise<void> => {
  stage.say('The key is found in a public repository.');
  const execution = await stage.start(emergency(leaked, more));
  await stage.reached(execution, INACTIVE);
  await stage.sleep(REACTION);
  stage.say('The application that still had the leaked key is restarted.');
  holder.restart();
  await execution.result;
};

/** RFC 5737: for documentation. */
const THIEF = '203.0.113.66';

/** What a thief does with a key, as CloudTrail shows it. */
const steal = ({ world: { aws } }: Stage, accessKeyId: string): void => {
  const inIam = { eventSource: 'iam.amazonaws.com', region: 'us-east-1', sourceIPAddress: THIEF };
  const inSts = { eventSource: 'sts.amazonaws.com', region: 'us-east-1', sourceIPAddress: THIEF };
  const role = `arn:aws:iam::${aws.accountId}:role/deployer`;
  const expiration = new Date(aws.clock.now().getTime() + 12 * 60 * MINUTE).toISOString();
  const credentials = (letter: string) => ({
    credentials: { accessKeyId: `ASIA${letter.repeat(16)}`, expiration },
  });
  aws.callWith(accessKeyId, { ...inSts, eventName: 'GetCallerIdentity', readOnly: true });
  aws.callWith(accessKeyId, {
    ...{ ...inSts, eventName: 'GetSessionToken', readOnly: true },
    responseElements: credentials('A'),
  });
  aws.callWith(accessKeyId, {
    ...{ ...inSts, eventName: 'AssumeRole', readOnly: true },
    requestParameters: { roleArn: role },
    responseElements: credentials('B'),
  });
  aws.callWith(accessKeyId, {
    ...{ ...inIam, eventName: 'CreateUser', requestParameters: { userName: 'support-2' } },
  });
  aws.callWith(accessKeyId, {
    ...{ ...inIam, eventName: 'CreateLoginProfile', requestParameters: { userName: 'support-2' } },
    error: { code: 'AccessDenied', message: 'User is not authorized to perform: iam:CreateLoginProfile' },
  });
  aws.callWith(accessKeyId, {
    ...{ eventSource: 'ec2.amazonaws.com', eventName: 'RunInstances' },
    ...{ region: 'eu-west-1', sourceIPAddress: THIEF },
    responseElements: { instancesSet: { items: [{ instanceId: 'i-0123456789abcdef0' }] } },
  });
};

/** Every story that `npm start` can play, by name. */
export const SCENARIOS = {
  healthy: {
    is: 'a rotation that no consumer notices',
    ends: 'one new key, the old one deleted, and no call has failed',
    play: rotate,
  },
  schedule: {
    is: 'the schedule finds a key that is old enough, and people are told before anything happens',
    ends: 'two messages ahead, one new key, the old one deleted, and no call has failed',
    play: (stage) => rotate(stage, { trigger: 'schedule' }),
  },
  'first-key': {
    is: 'a user without a key gets one',
    ends: 'one key, in the secret and in use',
    key: 'none',
    play: rotate,
  },
  'slow-consumer': {
    is: 'an application has its old key until it is restarted on day 3',
    ends: 'one new key, the old one deleted, and no call has failed',
    play: async (stage) => {
      const application = stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      const rotation = await stage.start();
      await stage.reached(rotation, OVERLAP);
      // Day 3, by the defaults.
      await stage.sleep(milliseconds(stage.user.overlapPeriod));
      stage.say('The application is restarted, and reads the secret.');
      application.restart();
      await rotation.result;
    },
  },
  'mail-relay': {
    is: 'a mail relay has only the SMTP password of SES, not the secret access key',
    ends: 'one new key with a password of its own, and no mail was refused',
    settings: () => ({ document: 'named-fields', sesSmtp: SMTP }),
    play: async (stage) => {
      const { secretsManager } = stage.world.aws;
      secretsManager.edit(stage.user.secretId, (text) => {
        const { user, password } = JSON.parse(text);
        return JSON.stringify({ host: `email-smtp.${SMTP.regions[0]}.amazonaws.com`, user, password });
      });
      stage.mailRelay();
      await stage.settleIn();
      await (await stage.start()).result;
    },
  },
  'consumer-never-moves': {
    is: 'an application keeps its old key for ever',
    ends: 'the rotation gives up, both keys stay Active, and a person is told',
    failsWith: 'AdoptionTimedOut',
    play: async (stage) => {
      stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      await (await stage.start()).result;
    },
  },
  'reads-its-own-secret': {
    is: 'a user reads its own secret every ten minutes, and a job keeps its old key for ever',
    ends: 'the reads prove nothing: the rotation gives up, both keys stay Active, and a person is told',
    failsWith: 'AdoptionTimedOut',
    play: async (stage) => {
      const { iam } = stage.world.aws;
      const job = stage.consumer({ name: JOB, habit: 'holds' });
      await job.call();
      await stage.settleIn();
      const rotation = await stage.start();
      let inFile = await stage.current();
      let over = false;
      const read = async (): Promise<void> => {
        while (!over) {
          if (inFile !== undefined && iam.useAccessKey(inFile, 'secretsmanager'))
            inFile = await stage.current();
          await stage.sleep(10 * MINUTE);
        }
      };
      const reader = read();
      await rotation.result;
      over = true;
      await reader;
      await job.call();
    },
  },
  'consumer-breaks': {
    is: 'the deactivation breaks a job, an alarm goes off, and the old key comes back',
    ends: 'the rotation fails, both keys are Active, and a person is told',
    failsWith: 'ConsumersUnhealthy',
    settings: (userName) => ({ healthAlarms: [alarmOf(userName)] }),
    play: async (stage) => {
      const { aws } = stage.world;
      const { rotation } = await deactivateUnderAJob(stage, (succeeded) =>
        aws.cloudWatch.setAlarmState(alarmOf(stage.user.userName), succeeded ? 'OK' : 'ALARM'),
      );
      await rotation.result;
    },
  },
  rollback: {
    is: 'the deactivation breaks a job, no alarm goes off, and a person brings the old key back',
    ends: 'both keys are Active, and the job works again',
    play: async (stage) => {
      const { rotation } = await deactivateUnderAJob(stage);
      await stage.sleep(REACTION);
      stage.say('A person reports that the job fails.');
      await (await stage.start({ action: 'rollback', reason: 'a job fails' })).result;
      await rotation.result;
    },
  },
  emergency: {
    is: 'the user’s only key has leaked',
    ends: 'the leaked key is deleted, and the application that kept it is restarted',
    play: async (stage) => {
      stage.worker();
      const holder = stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      await retire(stage, await stage.current(), holder);
    },
  },
  'exposed-key': {
    is: 'AWS finds the user’s key in public, and no person does anything',
    ends: 'the exposed key is deleted, and the application that kept it is restarted',
    settings: () => ({ onExposedKey: 'emergency' }),
    play: async (stage) => {
      stage.worker();
      const holder = stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      stage.say('AWS finds the key in a public repository, and says so in an event.');
      const execution = await stage.exposed((await stage.current()) ?? '');
      await stage.reached(execution, INACTIVE);
      await stage.sleep(REACTION);
      stage.say('The application that still had the exposed key is restarted.');
      holder.restart();
      await execution.result;
    },
  },
  thief: {
    is: 'the user’s only key has leaked, somebody uses it, and AWS restricts the user',
    ends: 'the leaked key is deleted, and people know what it did: sessions, a user, an instance',
    play: async (stage) => {
      const { iam } = stage.world.aws;
      stage.worker();
      await stage.settleIn();
      const leaked = await stage.current();
      stage.say('The key is pushed to a public repository, and somebody finds it within minutes.');
      if (leaked !== undefined) steal(stage, leaked);
      await stage.sleep(2 * MINUTE);
      stage.say('AWS finds it, too, and restricts the user.');
      iam.attachPolicy(stage.user.userName, 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3');
      await stage.sleep(5 * MINUTE);
      await (await stage.start(emergency(leaked))).result;
    },
  },
  'emergency-mid-rotation': {
    is: 'the old key leaks while a rotation is under way',
    ends: 'the leaked key is deleted, and the application that kept it is restarted',
    play: async (stage) => {
      stage.worker();
      const holder = stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      const leaked = await stage.current();
      const rotation = await stage.start();
      await stage.reached(rotation, OVERLAP);
      await stage.sleep(milliseconds(stage.user.overlapPeriod) / 2);
      await retire(stage, leaked, holder);
      await rotation.result;
    },
  },
  'emergency-outage': {
    is: 'the user’s only key has leaked, and an outage is accepted',
    ends: 'the leaked key is Inactive at once, and deleted later; the application that kept it is restarted',
    play: async (stage) => {
      stage.worker();
      const holder = stage.worker({ name: HOLDER, habit: 'holds' });
      await stage.settleIn();
      await retire(stage, await stage.current(), holder, { outage: 'accepted' });
    },
  },
  crash: {
    is: 'a function dies after it has created a key and before it has stored it',
    ends: 'one new key; the key whose secret was lost is deleted',
    play: async (stage) => {
      const { aws, lambda } = stage.world;
      aws.faults.inject({
        kind: 'act',
        match: ({ operation }) => operation === 'CreateAccessKey',
        when: 'after',
        act: () => {
          stage.say("The function dies: it has created a key, and the key's secret is lost.");
          for (const invocation of lambda.running) if (invocation.stateName === CREATION) invocation.die();
        },
      });
      await rotate(stage);
    },
  },
  'two-keys': {
    is: 'a person has created a second key, which the rotation must not touch',
    ends: 'the rotation fails, and nothing is changed',
    failsWith: 'AccessKeyConflict',
    play: async (stage) => {
      stage.world.aws.iam.addAccessKey(stage.user.userName);
      await rotate(stage);
    },
  },
  plan: {
    is: 'what a rotation would do, and what stands in its way',
    ends: 'nothing is changed',
    play: (stage) => rotate(stage, { action: 'plan' }),
  },
} as const satisfies Readonly<Record<string, Scenario>>;

/** Name of a {@link SCENARIOS scenario}. */
export type ScenarioName = keyof typeof SCENARIOS;

/** The scenarios that reach AWS only by calls, so that they can also be played against an emulator. */
export const BY_CALLS_ALONE: readonly ScenarioName[] = [
  'healthy',
  'first-key',
  'slow-consumer',
  'consumer-never-moves',
  'rollback',
  'emergency',
  'emergency-mid-rotation',
  'plan',
];
