import { type Fault, type Schedule, SHAPES, type ShapeName } from '../../../simulation/schedule/schedule';
import { CRASHES, FAULTS, PERSONS } from '../../../simulation/search/exhaustive';

/** Every situation, each with another fault at another call, and some with a second one. */
export const SPREAD: readonly Schedule[] = (Object.keys(SHAPES) as ShapeName[]).map((shape, index) => {
  const kinds = [...FAULTS, ...PERSONS];
  const fault = (at: number, kind: object | undefined): Fault => ({ at, ...kind }) as Fault;
  const first = fault(5 + index * 3, kinds[(index * 7) % kinds.length]);
  const second = fault(60 + index * 2, CRASHES[index % CRASHES.length]);
  return {
    shape,
    seed: index + 1,
    faults: index % 2 === 0 ? [first, second] : [first],
    ...(index % 3 === 0 && {
      world: { keyPropagationSeconds: 20, iamLagSeconds: 5, iamClockSkewSeconds: -200 },
    }),
    ...(index % 3 === 1 && {
      world: {
        secretsLagSeconds: 2,
        executionLagSeconds: 2,
        namesUsedAgain: true as const,
        ownLabelsVanish: true as const,
        cloudTrailSeconds: null,
      },
    }),
  };
});
