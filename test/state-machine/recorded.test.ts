import { type JudgedMoment, stateOf } from '../../local/recorded/recording';
import { recordings, testMoments } from './support/recordings';

/** A moment in each state, of the stories with the fewest executions. */
const oneOfEachState = (moments: readonly JudgedMoment[]): readonly JudgedMoment[] => {
  const simplestLast = moments.toSorted((a, b) => b.executions.length - a.executions.length);
  return [...new Map(simplestLast.map((moment) => [stateOf(moment), moment])).values()];
};

// All moments are played in recorded.proof.test.ts.
describe.each(recordings)('executions that $name may have left', ({ definition, moments }) => {
  testMoments(definition, oneOfEachState(moments));
});

test('there is a release to be compatible with', () => {
  expect(recordings).not.toEqual([]);
});
