import type { ExecutionMoment } from '../../../../lambdas/shared/gateways/execution-gateway';
import { Late } from '../../../../lambdas/shared/gateways/late-reads';
import { type Claim, judgeClaim } from '../../../../lambdas/shared/shell/admission';
import { at, NOW } from '../../support/fixtures';

const STATE = { userName: 'alice', checks: 1 };
const CLAIM: Claim = {
  execution: { id: 'arn', redriveCount: 0, startTime: NOW.toISOString() },
  state: STATE,
  stateName: 'Deactivate the old key',
};
const MOMENT: ExecutionMoment = {
  running: true,
  startDate: NOW,
  input: { userName: 'alice' },
  entered: { name: CLAIM.stateName, input: { checks: 1, userName: 'alice' } },
};

test('an event passes that Step Functions bears out, in whatever order the fields are', () => {
  expect(judgeClaim(CLAIM, MOMENT)).toBeUndefined();
});

test.each<[string, ExecutionMoment | undefined]>([
  ['the execution', undefined],
  ['the start that the event names', { ...MOMENT, startDate: at(1, 's') }],
  ['a state that was entered', { ...MOMENT, entered: undefined }],
  ['the state of this step', { ...MOMENT, entered: { name: 'Delete the old key', input: STATE } }],
  ['this input', { ...MOMENT, entered: { name: CLAIM.stateName, input: { ...STATE, checks: 2 } } }],
  ['as many fields', { ...MOMENT, entered: { name: CLAIM.stateName, input: { ...STATE, more: 1 } } }],
])('what does not show yet is late: %s', (_what, moment) => {
  expect(judgeClaim(CLAIM, moment)).toBeInstanceOf(Late);
});

test('the start may lose its milliseconds on the way', () => {
  expect(judgeClaim(CLAIM, { ...MOMENT, startDate: new Date(NOW.getTime() + 999) })).toBeUndefined();
});

test.each<[string, Partial<ExecutionMoment>, RegExp]>([
  ['is over', { running: false }, /the execution is over/],
  ['was started for another user', { input: { userName: 'bob' } }, /started for another user/],
  ['was started for nobody', { input: 'alice' }, /started for another user/],
])('an execution that %s is no execution of this event', (_what, differs, message) => {
  expect(() => judgeClaim(CLAIM, { ...MOMENT, ...differs })).toThrow(
    expect.objectContaining({ name: 'InvalidRotationInput', message: expect.stringMatching(message) }),
  );
});

test.each([[undefined], [null], ['alice'], [{}]])(
  'a state without a user belongs to an execution without one: %j',
  (state) => {
    const moment = {
      ...MOMENT,
      input: state,
      entered: { name: CLAIM.stateName, input: state === undefined ? null : state },
    };
    expect(judgeClaim({ ...CLAIM, state }, moment)).toBeUndefined();
  },
);
