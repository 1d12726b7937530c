import { sdkConfig } from '../../../embedded-aws/clients/sdk-config';
import type { Check, UserReport } from '../../../lambdas/survey/decide';
import type { Surveyed } from '../../../lambdas/survey/handler';
import { play } from '../../../local/story/rotation-run';
import { SCENARIOS, type Scenario, type ScenarioName } from '../../../local/story/scenarios';
import { createWorld, type InProcessWorld } from '../../../local/world/world';
import { SECRET } from '../../support/alice';
import { sampled } from '../../support/sampled';
import { HOUR } from '../../support/time';

/** Often enough to see each stage, at changing times of day. */
const EVERY = 19 * HOUR;

interface Seen {
  readonly report: UserReport;
  readonly told: Surveyed['told'];
  /** What the embedded AWS has at the same time. */
  readonly truth: {
    readonly currentStatus: string | undefined;
    /** Whether AWSCURRENT holds what it held before the story. */
    readonly isOwners: boolean;
    readonly running: boolean;
    readonly locked: boolean;
  };
}

const truthOf = ({ aws, stateMachine }: InProcessWorld, before: string | undefined): Seen['truth'] => {
  const { AccessKeyId } = JSON.parse(aws.secretsManager.valueOf(SECRET) ?? '{}') as {
    readonly AccessKeyId?: string;
  };
  return {
    isOwners: aws.secretsManager.valueOf(SECRET) === before,
    currentStatus: aws.iam.keysOf('alice').find(({ accessKeyId }) => accessKeyId === AccessKeyId)?.status,
    running: aws.states.listed(stateMachine.arn, 'RUNNING').length > 0,
    locked: aws.secretsManager.holderOf(SECRET, 'AWSPENDING') !== undefined,
  };
};

/** A story with a survey every now and then, and one at its end. */
const surveyed = async (scenario: Scenario): Promise<readonly Seen[]> => {
  const { key, settings } = scenario;
  const config = { userName: 'alice', ...settings?.('alice') };
  const world = createWorld({ users: [{ config, ...(key !== undefined && { key }) }], wire: 'fast' });
  try {
    const seen: Seen[] = [];
    const before = world.aws.secretsManager.valueOf(SECRET);
    const look = async (): Promise<void> => {
      const { report, told } = await world.survey({ wire: 'fast' });
      const [user] = report.users;
      if (user !== undefined) seen.push({ report: user, told, truth: truthOf(world, before) });
    };
    await world.run(async () => {
      let isOver = false;
      const [user] = world.users;
      if (user === undefined) throw new Error('nobody is enrolled');
      const story = play(world, {
        user,
        scenario,
        connection: { ...sdkConfig('fast'), requestHandler: world.aws.requestHandler() },
      }).finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await world.clock.sleep(EVERY);
        await look();
      }
      await story;
      await look();
    });
    return seen;
  } finally {
    world.close();
  }
};

/** The stories. That of an exposed key begins with a rule, which only a deployed world has; from its declaration on it is that of an emergency. */
type Met = Exclude<ScenarioName, 'exposed-key'>;

/** What a survey meets in each story, in the order in which it first does. In none of them has it anything to tell that the story does not. */
const MET: Readonly<Record<Met, readonly string[]>> = {
  healthy: ['adoption', 'recovery', 'none'],
  schedule: ['starting', 'adoption', 'recovery', 'none'],
  'first-key': ['none'],
  'slow-consumer': ['adoption', 'recovery', 'none'],
  'mail-relay': ['adoption', 'recovery', 'none'],
  'consumer-never-moves': ['adoption', 'unfinished'],
  'reads-its-own-secret': ['adoption', 'unfinished'],
  'consumer-breaks': ['adoption', 'unfinished, on hold'],
  rollback: ['adoption', 'unfinished, on hold'],
  emergency: ['recovery', 'none'],
  'emergency-outage': ['recovery', 'none'],
  thief: ['recovery', 'none'],
  'emergency-mid-rotation': ['adoption', 'recovery', 'none'],
  crash: ['adoption', 'recovery', 'none'],
  'two-keys': ['none'],
  plan: ['none'],
};

const verdictOn = ({ findings }: UserReport, check: Check): string =>
  findings
    .filter((finding) => finding.check === check)
    .map((finding) => (finding.verdict === 'unknown' ? finding.why.code : finding.verdict))
    .join();

describe.each(sampled(Object.entries(MET) as [Met, readonly string[]][], 7))('%s', (...[name, met]) => {
  let seen: readonly Seen[] = [];
  beforeAll(async () => {
    seen = await surveyed(SCENARIOS[name]);
  });

  test('what the survey says of the rotation is what there is', () => {
    for (const { report, truth } of seen) {
      const unfinished = truth.locked ? 'unfinished' : 'none';
      expect(report.rotation.kind).toBe(truth.running ? 'running' : unfinished);
    }
    const stages = seen.map(({ report: { rotation, onHold } }) => {
      const stage = rotation.kind === 'running' ? rotation.stage : rotation.kind;
      return onHold ? `${stage}, on hold` : stage;
    });
    expect([...new Set(stages)]).toEqual(met);
  });

  test('what it says of AWSCURRENT is true, or it says nothing', () => {
    for (const { report, truth } of seen) {
      expect(truth.currentStatus).toBe('Active');
      // Until a rotation has published a key, AWSCURRENT is what the owner has made of it.
      expect(verdictOn(report, 'current')).toBe(truth.isOwners ? 'not-said' : 'fine');
    }
  });

  test('it calls no key of the rotation unmanaged, and has nothing to tell', () => {
    for (const { report, told } of seen) {
      expect(['fine', 'not-said']).toContain(verdictOn(report, 'other-keys'));
      expect(report.keys?.map(({ role }) => role)).not.toContain('unmanaged');
      expect(told).toBe('nothing-to-tell');
    }
  });
});

test('no story is left out', () => {
  expect([...Object.keys(MET), 'exposed-key'].sort()).toEqual(Object.keys(SCENARIOS).sort());
});
