import { type JudgedMoment, stateOf } from '../../simulation/recorded/recording';
import { recordings, testMoments } from './support/recordings';

/** How many executions have been there, and will at least be. */
const length = ({ executions, goesOn }: JudgedMoment): number => {
  const ends = Object.values(goesOn.executions);
  return executions.length + ends.filter((end) => end !== 'SUCCEEDED').length;
};

/** A moment in each state, of a story that is as short as any. */
const oneOfEachState = (moments: readonly JudgedMoment[]): readonly JudgedMoment[] => {
  const shortest = new Map<string, JudgedMoment>();
  for (const moment of moments.toSorted((a, b) => length(a) - length(b))) {
    if (!shortest.has(stateOf(moment))) shortest.set(stateOf(moment), moment);
  }
  return [...shortest.values()];
};

// All moments are played in recorded.proof.test.ts.
describe.each(recordings)('executions that $name may have left', ({ definition, moments }) => {
  testMoments(definition, oneOfEachState(moments));
});

test('there is a release to be compatible with', () => {
  expect(recordings).not.toEqual([]);
});
