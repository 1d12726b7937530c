import { type JudgedMoment, stateOf } from '../../simulation/recorded/recording';
import { recordings, testMoments } from './support/recordings';

/** How many executions have been there, and will at least be. */
const length = ({ executions, goesOn }: JudgedMoment): number => {
  const ends = Object.values(goesOn.executions);
  return executions.length + ends.filter((end) => end !== 'SUCCEEDED').length;
};

/** A moment in each state, of a story that is as short as any. */
const oneOfEachState = (moments: readonly JudgedMoment[]): ReadonlyMap<string, JudgedMoment> => {
  const shortest = new Map<string, JudgedMoment>();
  for (const moment of moments.toSorted((a, b) => length(a) - length(b))) {
    if (!shortest.has(stateOf(moment))) shortest.set(stateOf(moment), moment);
  }
  return shortest;
};

const releases = recordings.map((recording) => ({
  ...recording,
  ofState: oneOfEachState(recording.moments),
}));

/** Each state once, with the releases taking turns, so that one more release does not make this longer. */
const chosen = [...new Set(releases.flatMap(({ ofState }) => [...ofState.keys()]))]
  .toSorted()
  .map((state, index) => {
    const having = releases.filter(({ ofState }) => ofState.has(state));
    return { state, name: having[index % having.length]?.name };
  });

// All moments of all releases are played in recorded.proof.test.ts.
describe.each(releases)('executions that $name may have left', ({ name, definition, ofState }) => {
  testMoments(
    definition,
    chosen.flatMap((one) => (one.name === name ? (ofState.get(one.state) ?? []) : [])),
  );
});

test('there is a release to be compatible with, and each has its turn', () => {
  expect(recordings).not.toEqual([]);
  expect(new Set(chosen.map(({ name }) => name))).toEqual(new Set(recordings.map(({ name }) => name)));
});
