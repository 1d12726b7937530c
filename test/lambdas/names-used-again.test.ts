import { DRAIN_SECONDS, LATE_READ_SECONDS } from '../../lambdas/shared/contract/timing';
import { type ExecutionState, stateOf } from '../../lambdas/shared/findings/lock-holder';
import type { ShownExecution } from '../../lambdas/shared/gateways/execution-gateway';
import { emergencyOf, SECRET } from '../support/alice';
import { SECOND } from '../support/time';
import { at, NOW } from './support/fixtures';
import { type Execution, Stage, TO_PUBLICATION } from './support/stage';

const DRAINED = DRAIN_SECONDS * SECOND;
const ARN = 'arn:aws:states:us-east-1:111122223333:execution:rotation:again';

describe('what an owner is at', () => {
  const ownerSince = (start: Date) => `${ARN}#0@${start.toISOString()}`;
  const [began, ended] = [at(-3, 'h'), at(-2, 'h')];
  const running: ExecutionState = { kind: 'running' };
  const unknown: ExecutionState = { kind: 'unknown-to-step-functions' };
  const stopped = (stoppedAt: Date): ExecutionState => ({ kind: 'stopped', stoppedAt });
  const perhapsAnother = (stoppedAt: Date): ExecutionState => ({
    kind: 'stopped' as const,
    stoppedAt,
    maybeAnother: true as const,
  });
  const justBegan = new Date(NOW.getTime() - LATE_READ_SECONDS * SECOND + 1);
  const ms = (date: Date, more: number) => new Date(date.getTime() + more);

  test.each<[string, string, ShownExecution | undefined, ExecutionState]>([
    ['it runs', ownerSince(began), { startedAt: began, stoppedAt: undefined }, running],
    ['it is over', ownerSince(began), { startedAt: began, stoppedAt: ended }, stopped(ended)],
    ['nobody knows it', ownerSince(began), undefined, unknown],
    ['it has begun a minute ago and does not show', ownerSince(at(-1, 'm')), undefined, unknown],
    ['it has just begun and does not show', ownerSince(justBegan), undefined, running],
    [
      'its start is rounded down',
      ownerSince(began),
      { startedAt: ms(began, -999), stoppedAt: ended },
      stopped(ended),
    ],
    [
      'its start is rounded up',
      ownerSince(began),
      { startedAt: ms(began, 999), stoppedAt: undefined },
      running,
    ],
    [
      'another one has its name now',
      ownerSince(began),
      { startedAt: ms(began, 1000), stoppedAt: undefined },
      perhapsAnother(ms(began, 1000)),
    ],
    [
      'another one has had its name since',
      ownerSince(began),
      { startedAt: at(-1, 'h'), stoppedAt: NOW },
      perhapsAnother(at(-1, 'h')),
    ],
    [
      'the one that had its name before shows',
      ownerSince(began),
      { startedAt: ms(began, -1000), stoppedAt: ms(began, -500) },
      running,
    ],
    ['it does not name its start, and runs', `${ARN}#0`, { startedAt: NOW, stoppedAt: undefined }, running],
    [
      'it does not name its start, and is over',
      `${ARN}#0`,
      { startedAt: began, stoppedAt: ended },
      perhapsAnother(ended),
    ],
    ['it does not name its start, and nobody knows it', `${ARN}#0`, undefined, unknown],
    [
      'Step Functions tells no start',
      ownerSince(began),
      { startedAt: undefined, stoppedAt: ended },
      perhapsAnother(ended),
    ],
  ])('%s', (_case, owner, shown, expected) => {
    expect(stateOf(owner, shown, NOW)).toEqual(expected);
  });
});

describe('a name that is used again', () => {
  let stage: Stage;
  beforeEach(() => {
    stage = new Stage({ enrolled: { deactivationWindow: 'always' } });
  });
  afterEach(() => stage.close());
  const leak = () => emergencyOf(stage.oldKey);
  const owner = () =>
    JSON.parse(stage.aws.secretsManager.valueOf(SECRET, 'AWSPENDING') ?? '{}').owner as string;
  const callsOf = (operation: string) =>
    stage.aws.calls.filter((call) => call.operation === operation).length;

  /** A rotation that ends unfinished, with the plan as it is made now, or as it was made before owners named their start. */
  const leftUnfinished = async (name: string, plan: 'now' | 'before'): Promise<Execution> => {
    const execution = stage.execution(name);
    await execution.plan();
    if (plan === 'before') execution.forget('ownerNamesStart');
    await execution.steps(...TO_PUBLICATION);
    execution.end('FAILED');
    return execution;
  };

  test.each(['now', 'before'] as const)(
    'belongs to a predecessor, not to the execution that has it now (planned %s)',
    async (plan) => {
      await leftUnfinished('again', plan);
      await stage.waitDays(91);
      const second = stage.execution('again');
      expect((await second.plan(leak())).status).toBe('due');
      // What the other one may have had in flight, it may have had until this one began.
      await stage.wait(DRAINED - SECOND);
      await expect(second.step('create-access-key')).rejects.toMatchObject({ name: 'RotationInProgress' });
      await stage.wait(SECOND);
      expect(await second.step('create-access-key')).toMatchObject({
        status: 'contained',
      });
      expect(callsOf('StopExecution')).toBe(0);
      expect(stage.keys()[stage.oldKey]).toBe('Inactive');
    },
  );

  test('is no reason to stop the execution that has it now', async () => {
    await leftUnfinished('again', 'now');
    await stage.waitDays(91);
    const other = stage.execution('again');
    await stage.wait(DRAINED);
    const emergency = stage.execution('emergency');
    expect((await emergency.plan(leak())).status).toBe('due');
    expect((await emergency.step('create-access-key')).status).toBe('contained');
    expect(stage.aws.states.execution(other.arn)?.status).toBe('RUNNING');
  });

  test('leaves an execution its lock that was planned before owners named their start', async () => {
    const execution = stage.execution('before');
    await execution.plan();
    execution.forget('ownerNamesStart');
    await execution.step('create-access-key');
    expect(owner()).toBe(`${execution.arn}#0`);
    for (const step of ['test-access-key', 'publish-access-key', 'deactivate-access-key'] as const) {
      await execution.step(step);
    }
    expect(stage.keys()[stage.oldKey]).toBe('Inactive');
  });

  test('and one that has just begun is stopped by an emergency though Step Functions does not show it yet', async () => {
    const first = stage.execution('first');
    await first.walk(...TO_PUBLICATION);
    expect(owner()).toBe(`${first.arn}#0@${stage.aws.states.execution(first.arn)?.startDate.toISOString()}`);
    stage.aws.faults.inject({
      kind: 'error',
      code: 'ExecutionDoesNotExist',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      match: ({ operation, input }) => operation === 'DescribeExecution' && input.executionArn === first.arn,
    });
    const emergency = stage.execution('emergency');
    expect((await emergency.plan(leak())).status).toBe('stop-first');
    await emergency.step('stop-execution');
    expect(stage.aws.states.execution(first.arn)?.status).toBe('ABORTED');
  });
});
