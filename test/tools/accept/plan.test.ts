import { parseStacks } from '../../../lib/config';
import {
  CHECKS,
  type Check,
  configurationOf,
  creations,
  idsIn,
  namesOf,
  notShown,
  PACE_OF_AWS,
  PACE_OF_EMULATOR,
  personOf,
  type RotatingCheck,
} from '../../../tools/accept/plan';

const NAMES = namesOf('1a2b3c');
const PLACE = { account: '111122223333', region: 'eu-west-1' };
const ALL = Object.keys(CHECKS) as Check[];
const ROTATING: readonly RotatingCheck[] = ['rotation', 'rollback', 'emergency'];

describe('the configuration', () => {
  const stackOf = (checks?: readonly RotatingCheck[], pace = PACE_OF_AWS) =>
    parseStacks(configurationOf(NAMES, PLACE, pace, checks), { executionTimeoutSeconds: 3_600 * 24 * 300 });

  it.each([PACE_OF_AWS, PACE_OF_EMULATOR])('is one that can be deployed, with the pace %j', (pace) => {
    const [stack, ...others] = stackOf(ROTATING, pace);
    expect(others).toEqual([]);
    expect(stack).toMatchObject({ stackName: NAMES.stack, place: PLACE });
  });

  it('is deployed to the one place that was named, and nowhere beside it', () => {
    const [stack] = stackOf();
    expect(stack?.place).toEqual(PLACE);
    expect(stack?.deployment).toMatchObject({ forwardExposedKeys: false, removalPolicy: 'destroy' });
  });

  it('enrols the users of the run, each with its secret, and mails nobody', () => {
    const [stack] = stackOf();
    expect(stack?.users.map(({ userName, secretId }) => ({ userName, secretId }))).toEqual(
      ROTATING.map((check) => personOf(NAMES, check)),
    );
    expect(stack?.notifications.emails).toEqual([]);
  });

  it('enrols only those whose check is asked for', () => {
    const [stack] = stackOf(['emergency']);
    expect(stack?.users.map(({ userName }) => userName)).toEqual(['rotation-acceptance-1a2b3c-emergency']);
  });

  it('keeps the old key Inactive for long enough to pause the rotation for a look', () => {
    for (const { recoverySeconds } of [PACE_OF_AWS, PACE_OF_EMULATOR]) {
      expect(recoverySeconds).toBeGreaterThanOrEqual(30);
    }
  });

  it('keeps the old key Inactive for long, except in the check that sees it deleted', () => {
    const [stack] = stackOf();
    expect(stack?.users.map(({ recoveryPeriod }) => recoveryPeriod)).toEqual(['PT180S', 'PT1H', 'PT1H']);
  });
});

describe('the IDs of runs', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['none', [], []],
    ['none in the names of others', ['rotation-acceptance', 'my-rotation-acceptance-1a2b3c-x', 'alice'], []],
    ['one', ['rotation-acceptance-1a2b3c-rotation', 'rotation-acceptance-1a2b3c-inbox'], ['1a2b3c']],
    [
      'many, in ARNs, URLs and names of log groups',
      [
        'arn:aws:states:eu-west-1:111122223333:stateMachine:rotation-acceptance-aaaaaa-IamAccessKeyRotation',
        'https://sqs.example/111122223333/rotation-acceptance-bbbbbb-inbox',
        '/aws/lambda/rotation-acceptance-cccccc-IamAccessKeyRotation-x',
        'rotation-acceptance-aaaaaa-rotation',
      ],
      ['aaaaaa', 'bbbbbb', 'cccccc'],
    ],
  ])('%s', (_what, names, ids) => {
    expect(idsIn(names)).toEqual(ids);
  });
});

describe('what a person agrees to', () => {
  const said = (checks: readonly Check[]): string => creations(NAMES, PLACE, checks).join('\n');

  it('names account, Region, stack, users and cost', () => {
    expect(said(ALL)).toContain('Account 111122223333, eu-west-1.');
    for (const part of [NAMES.stack, NAMES.queue, '3 IAM users', 'a few cents', 'CDK bootstrap']) {
      expect(said(ALL)).toContain(part);
    }
    for (const check of ROTATING) expect(said(ALL)).toContain(personOf(NAMES, check).userName);
  });

  it('says nothing of a stack where only statements are put', () => {
    expect(said(['contract'])).not.toContain(NAMES.stack);
    expect(said(['contract'])).toContain('iam-access-key-rotation-contract-*');
  });

  it('says nothing of statements where none is put', () => {
    expect(said(['rotation'])).not.toContain('contract');
    expect(said(['rotation'])).toContain('1 IAM user without');
  });
});

describe('what a run does not show', () => {
  it('is said of every run that rotates: adoption is settled without proof of use', () => {
    for (const check of ROTATING) expect(notShown([check], []).join()).toContain('without proof of use');
    expect(notShown(['contract'], []).join()).not.toContain('without proof of use');
  });

  it('has the statements that were left out, and the checks that were not asked for', () => {
    expect(notShown(['contract'], ['iam/last-used']).join('\n')).toContain('takes hours: iam/last-used.');
    expect(notShown(['contract'], []).filter((one) => one.startsWith('Not asked for'))).toHaveLength(3);
    expect(notShown(ALL, []).filter((one) => one.startsWith('Not asked for'))).toEqual([]);
  });
});
