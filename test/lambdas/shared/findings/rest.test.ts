import { DRAIN_SECONDS } from '../../../../lambdas/shared/contract/timing';
import { restByHistory, restOf } from '../../../../lambdas/shared/findings/rest';
import type { ShownEvent } from '../../../../lambdas/shared/gateways/execution-gateway';
import { at, NOW } from '../../support/fixtures';
import { accountOf } from '../../support/gateways';

/** What happened, as `[type, seconds before the end, error or name of a state]`, in the order in which it happened. */
type Happened = readonly [type: string, secondsAgo: number, detail?: string | undefined];

/** As the history shows it: the newest first. */
const shown = (happened: readonly Happened[], firstId = 1): readonly ShownEvent[] =>
  happened
    .map(([type, secondsAgo, detail], index) => ({
      id: firstId + index,
      type,
      at: at(-secondsAgo, 's'),
      error: type === 'TaskFailed' ? detail : undefined,
      entered: type === 'TaskStateEntered' ? detail : undefined,
    }))
    .reverse();

const started: Happened = ['ExecutionStarted', 9000];
const aborted: Happened = ['ExecutionAborted', 0];
const task = (
  scheduled: number,
  ended: number,
  end = 'TaskSucceeded',
  error?: string,
): readonly Happened[] => [
  ['TaskScheduled', scheduled],
  ['TaskStarted', scheduled],
  [end, ended, error],
];
const entered = (secondsAgo: number, state: string): Happened => ['TaskStateEntered', secondsAgo, state];
const slept = (seconds: number): readonly Happened[] => [['WaitStateEntered', seconds]];

describe('when nothing of an execution can be alive', () => {
  it.each<[string, readonly Happened[], number]>([
    ['at once, if it has done nothing', [started, aborted], 0],
    ['at once, if it slept for days', [started, ...task(8000, 7990), ...slept(7990), aborted], 0],
    [
      'at once, if its last function answered a minute ago',
      [started, ...task(70, 60), ...slept(60), aborted],
      0,
    ],
    ['a minute after the answer of its last function', [started, ...task(70, 59), ...slept(59), aborted], 1],
    [
      'a minute after it failed by an error of its own',
      [started, ...task(70, 50, 'TaskFailed', 'StateDrift'), aborted],
      10,
    ],
    [
      'at once, whatever a function is at that only reads',
      [
        started,
        ...task(8000, 7990),
        entered(10, 'Check that consumers are well'),
        ['TaskScheduled', 10],
        ['TaskStarted', 10],
        ['TaskFailed', 5, 'Lambda.Unknown'],
        ['TaskScheduled', 1],
        ['TaskStarted', 1],
        aborted,
      ],
      0,
    ],
    [
      'by the functions that change something, where one that only reads is between them',
      [
        started,
        entered(50, 'Deactivate the old key'),
        ...task(50, 40),
        entered(10, 'Check that consumers are well'),
        ...task(10, 1),
        aborted,
      ],
      20,
    ],
    [
      'three minutes after a function began of a state that nothing names',
      [
        started,
        ['TaskScheduled', 11],
        ['TaskStarted', 10],
        entered(5, 'Check that consumers are well'),
        aborted,
      ],
      170,
    ],
    [
      'three minutes after a function began that has not answered',
      [started, ['TaskScheduled', 11], ['TaskStarted', 10], aborted],
      170,
    ],
    [
      'three minutes after the end, if a function was to be called and may have been at any time',
      [started, ['TaskScheduled', 10], aborted],
      180,
    ],
    [
      'three minutes after Step Functions gave up to call a function',
      [started, ['TaskScheduled', 100], ['TaskFailed', 20, 'Lambda.SdkClientException'], aborted],
      160,
    ],
    [
      'three minutes after a function began of which Step Functions has lost sight',
      [started, ...task(100, 20, 'TaskFailed', 'Lambda.Unknown'), aborted],
      80,
    ],
    [
      'three minutes after a function began that ran into a time limit',
      [started, ...task(160, 10, 'TaskTimedOut'), aborted],
      20,
    ],
    [
      'when the last one is at rest that can be alive, of several',
      [
        started,
        ...task(170, 20, 'TaskFailed', 'Lambda.Unknown'),
        ...task(15, 12, 'TaskFailed', 'TransientServiceError'),
        ...task(5, 2),
        aborted,
      ],
      58,
    ],
  ])('%s', (_case, happened, seconds) => {
    expect(restByHistory(shown(happened))).toEqual(at(seconds, 's'));
  });

  it('is known without the beginning, if what is shown reaches back far enough', () => {
    const back = (seconds: number) => shown([['WaitStateExited', seconds], ...slept(20), aborted], 800);
    expect(restByHistory(back(DRAIN_SECONDS))).toEqual(NOW);
    expect(restByHistory(back(DRAIN_SECONDS - 1))).toBeUndefined();
  });

  it.each<[string, readonly ShownEvent[]]>([
    ['shows nothing', []],
    ['does not show the end', shown([started, ...slept(8000)])],
    [
      'does not say when something happened',
      shown([started, ['TaskScheduled', 9], ['TaskStarted', 8], aborted]).map((event) =>
        event.type === 'TaskStarted' ? { ...event, at: new Date(Number.NaN) } : event,
      ),
    ],
    ['has a gap', shown([started, ...slept(8000), aborted]).filter(({ id }) => id !== 2)],
    ['names an event twice', shown([started, ...slept(8000), aborted]).flatMap((event) => [event, event])],
    [
      'went on after an end, as a redriven execution does',
      shown([started, aborted, ['ExecutionRedriven', 0]]),
    ],
  ])('is not known by a history that %s', (_case, events) => {
    expect(restByHistory(events)).toBeUndefined();
  });
});

describe('whose history is read', () => {
  const ARN = 'arn:aws:states:us-east-1:111122223333:execution:rotation:slept';
  const account = () => {
    const account = accountOf();
    account.aws.states.addExecution({ arn: ARN, status: 'RUNNING', startDate: at(-9000, 's') });
    account.aws.states.addEvents(
      ARN,
      { type: 'ExecutionStarted', timestamp: at(-9000, 's') },
      { type: 'ExecutionAborted', timestamp: NOW },
    );
    return account;
  };
  const OWNER = `${ARN}#0@${at(-9000, 's').toISOString()}`;
  const historiesRead = ({ aws }: ReturnType<typeof account>) =>
    aws.calls.filter(({ operation }) => operation === 'GetExecutionHistory').length;

  it('that of an execution that may not be at rest', async () => {
    const world = account();
    expect(await restOf(world.executions, OWNER, { stoppedAt: NOW }, NOW)).toEqual(NOW);
    expect(historiesRead(world)).toBe(1);
  });

  it('none of one that is over for so long that it is at rest in any case', async () => {
    const world = account();
    const stoppedAt = at(-DRAIN_SECONDS, 's');
    expect(await restOf(world.executions, OWNER, { stoppedAt }, NOW)).toEqual(NOW);
    expect(historiesRead(world)).toBe(0);
  });

  it('none of one that does not say when it began, and may not be the one that is shown', async () => {
    const world = account();
    const rest = await restOf(world.executions, `${ARN}#0`, { stoppedAt: NOW }, NOW);
    expect(rest).toEqual(at(DRAIN_SECONDS, 's'));
    expect(historiesRead(world)).toBe(0);
  });

  it('none of one whose name another execution has', async () => {
    const world = account();
    const rest = await restOf(world.executions, OWNER, { stoppedAt: NOW, maybeAnother: true }, NOW);
    expect(rest).toEqual(at(DRAIN_SECONDS, 's'));
    expect(historiesRead(world)).toBe(0);
  });

  it('and what Step Functions does not know any more proves nothing', async () => {
    const world = account();
    world.aws.states.removeExecution(ARN);
    expect(await restOf(world.executions, OWNER, { stoppedAt: NOW }, NOW)).toEqual(at(DRAIN_SECONDS, 's'));
  });
});
