import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type JudgedMoment,
  type Recording,
  readRecording,
  stateOf,
} from '../../../simulation/recorded/recording';
import { goOn, takeOver } from '../../../simulation/recorded/replay';

const DIRECTORY = join(__dirname, '..', 'recorded');

/** What every release that may still have executions has left. */
export const recordings: readonly Recording[] = readdirSync(DIRECTORY)
  .toSorted()
  .map((name) => readRecording(join(DIRECTORY, name)));

/** A moment in words, for the name of a test. */
const titleOf = (moment: JudgedMoment): string =>
  `"${stateOf(moment)}" (${moment.shape}, ${moment.at.toISOString()})`;

/** Registers, for each moment, a test that plays it both ways and compares the ends with the recorded ones. */
export const testMoments = (definition: string, moments: readonly JudgedMoment[]): void => {
  test.each(moments.map((moment) => [titleOf(moment), moment] as const))(
    'goes on from %s',
    async (_title, moment) => {
      expect(await goOn(moment, definition)).toEqual({ ...moment.goesOn, violations: [] });
    },
  );
  test.each(moments.map((moment) => [titleOf(moment), moment] as const))(
    'is taken over in %s',
    async (_title, moment) => {
      expect(await takeOver(moment)).toEqual({ ...moment.takenOver, violations: [] });
    },
  );
};
