import type { CallRecord } from '../../../embedded-aws/calls/call-log';
import { simulate } from '../../../simulation/play/simulate';
import {
  callsMade,
  describePosition,
  type MadeCall,
  named,
  numbered,
  positionOf,
} from '../../../simulation/schedule/position';
import type { NamedSchedule, Schedule } from '../../../simulation/schedule/schedule';

const made = (...calls: readonly (readonly [MadeCall['call'], MadeCall['by']])[]): readonly MadeCall[] =>
  calls.map(([call, by], index) => ({ number: index + 1, call, by }));

const QUIET = made(
  ['iam:ListAccessKeys', 'plan-rotation'],
  ['iam:ListAccessKeys', 'create-access-key'],
  ['iam:CreateAccessKey', 'create-access-key'],
  ['sts:GetCallerIdentity', undefined],
);

/** The first call is hit, and repeated. */
const REPEATED = made(
  ['iam:ListAccessKeys', 'plan-rotation'],
  ...QUIET.map(({ call, by }) => [call, by] as const),
);

/** The last call is made when faults no longer happen. */
const fake = async ({ faults }: Schedule) => {
  const calls = faults.length === 0 ? QUIET : REPEATED;
  return { made: calls, calls: calls.length - 1 };
};

const fails = <At>(at: At) => ({ at, kind: 'fails', as: 'connection' }) as const;
const schedule = (...faults: NamedSchedule['faults'][number][]): NamedSchedule => ({
  shape: 'ordinary',
  seed: 1,
  faults,
});

describe('the number of a named call', () => {
  test.each([
    ['any step makes it', { call: 'iam:ListAccessKeys', nth: 2 } as const, [2]],
    [
      'the first that a step makes',
      { call: 'iam:ListAccessKeys', by: 'create-access-key', nth: 1 } as const,
      [2],
    ],
    ['a number of calls later', { call: 'iam:ListAccessKeys', nth: 1, after: 2 } as const, [3]],
    ['a number, as it is', 77, [77]],
  ])('%s', async (_what, at, expected) => {
    const { schedule: found, notMade } = await numbered(schedule(fails(at)), fake);
    expect(found.faults.map((fault) => fault.at)).toEqual(expected);
    expect(notMade).toEqual([]);
  });

  test('counts in the rotation as the faults before it have changed it', async () => {
    const creation = { call: 'iam:CreateAccessKey', nth: 1 } as const;
    const { schedule: found } = await numbered(schedule(fails(1), fails(creation)), fake);
    expect(found.faults.map(({ at }) => at)).toEqual([1, 4]);
  });

  test.each([
    ['is never made', { call: 'iam:DeleteAccessKey', nth: 1 } as const],
    ['is not made that often', { call: 'iam:CreateAccessKey', nth: 2 } as const],
    ['is made by another step', { call: 'iam:CreateAccessKey', by: 'plan-rotation', nth: 1 } as const],
    ['is made when faults no longer happen', { call: 'sts:GetCallerIdentity', nth: 1 } as const],
    ['follows the last one', { call: 'iam:CreateAccessKey', nth: 1, after: 1 } as const],
  ])('is missing if the call %s, and that is reported', async (_what, at) => {
    const fault = fails(at);
    expect(await numbered(schedule(fault), fake)).toEqual({ schedule: schedule(), notMade: [fault] });
  });
});

describe('the name of a call', () => {
  test('says which step makes it, and its number among these', () => {
    expect(positionOf(2, QUIET)).toEqual({ call: 'iam:ListAccessKeys', by: 'create-access-key', nth: 1 });
    expect(positionOf(2, REPEATED)).toEqual({ call: 'iam:ListAccessKeys', by: 'plan-rotation', nth: 2 });
    expect(positionOf(4, QUIET)).toEqual({ call: 'sts:GetCallerIdentity', nth: 1 });
  });

  test('is its number if it is never made', async () => {
    expect(positionOf(9, QUIET)).toBe(9);
    expect((await named({ shape: 'ordinary', seed: 1, faults: [fails(4)] }, fake)).faults).toEqual([
      fails(4),
    ]);
  });

  test('reads like a part of a sentence', () => {
    expect(describePosition(9)).toBe('call 9');
    expect(describePosition({ call: 'iam:CreateAccessKey', nth: 1 })).toBe('iam:CreateAccessKey, number 1');
    expect(describePosition({ call: 'iam:GetUser', by: 'plan-rotation', nth: 2, after: 3 })).toBe(
      '3 after iam:GetUser of plan-rotation, number 2',
    );
  });
});

test('calls are in the order in which they arrived, without announcements', () => {
  const record = (sequence: number, service: CallRecord['service'], operation: string, caller: string) =>
    ({ sequence, service, operation, caller }) as CallRecord;
  const records = [
    record(2, 'sns', 'Publish', 'arn:aws:iam::111122223333:role/rotation-state-machine'),
    record(0, 'events', 'PutEvents', 'arn:aws:iam::111122223333:role/rotation-state-machine'),
    record(1, 'iam', 'GetUser', 'arn:aws:iam::111122223333:role/rotation-plan-rotation'),
  ];
  expect(callsMade(records)).toEqual([
    { number: 1, call: 'iam:GetUser', by: 'plan-rotation' },
    { number: 2, call: 'sns:Publish', by: undefined },
  ]);
});

test('a named schedule is the same again after its calls are numbered', async () => {
  const original: Schedule = {
    shape: 'resumed',
    seed: 5,
    faults: [
      { at: 11, kind: 'dies', when: 'after' },
      { at: 30, kind: 'second-start', trigger: 'manual', times: 1 },
      { at: 33, kind: 'late', seconds: 20 },
    ],
    world: { iamLagSeconds: 5 },
  };
  const readable = await named(original, simulate);
  expect(readable.faults.map(({ at }) => typeof at)).toEqual(['object', 'object', 'object']);
  expect(await numbered(readable, simulate)).toEqual({ schedule: original, notMade: [] });
});
