import { simulate } from '../../../local/simulation/simulate';
import { compareWires } from '../../../local/simulation/wire-check';
import { SPREAD } from './support/spread';

test.each(SPREAD.map((schedule) => [JSON.stringify(schedule), schedule] as const))(
  'both wires play alike: %s',
  async (_text, schedule) => {
    compareWires(await simulate(schedule, { wire: 'fast' }), await simulate(schedule, { wire: 'full' }));
  },
);
