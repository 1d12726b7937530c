import type { IntentHolder } from '../../../lambdas/shared/findings/lock-holder';
import { decideStop, type HolderFacts } from '../../../lambdas/stop-execution/decide';
import { heldBy } from '../support/facts';
import { at } from '../support/fixtures';

const holder = (execution: IntentHolder['execution'], versionId = 'planned'): HolderFacts => ({
  plannedVersionId: 'planned',
  holder: { ...heldBy(execution), versionId },
  userId: heldBy(execution).intent.userId,
});

describe('decideStop', () => {
  test.each<[string, HolderFacts, object]>([
    ['the holder is running', holder({ kind: 'running' }), { kind: 'stop', owner: 'predecessor#0' }],
    [
      'it has just ended',
      holder({ kind: 'stopped', stoppedAt: at(-1, 'm') }),
      {
        kind: 'over',
        stopped: { kind: 'stopped', stoppedAt: at(-1, 'm') },
        why: { code: 'over', owner: 'predecessor#0' },
      },
    ],
    [
      'Step Functions does not know it any more',
      holder({ kind: 'unknown-to-step-functions' }),
      { kind: 'over', stopped: undefined },
    ],
    [
      'another execution has taken over since the plan: it is not the one that a person meant',
      holder({ kind: 'running' }, 'another'),
      { kind: 'refuse', error: 'StateDrift', why: { code: 'lock-lost' } },
    ],
    [
      'something that is not ours has the label',
      { ...holder({ kind: 'running' }), holder: { kind: 'foreign', versionId: 'planned' } },
      { kind: 'refuse', error: 'StateDrift', why: { code: 'lock-lost' } },
    ],
    [
      'nobody holds the lock any more',
      { ...holder({ kind: 'running' }), holder: undefined },
      { kind: 'refuse', error: 'StateDrift', why: { code: 'lock-lost' } },
    ],
    [
      'the holder rotates another user',
      { ...holder({ kind: 'running' }), userId: 'AIDASOMEBODYELSE0001' },
      { kind: 'refuse', error: 'StateDrift', why: { code: 'lock-lost' } },
    ],
  ])('when %s', (_case, facts, expected) => {
    expect(decideStop(facts)).toMatchObject(expected);
  });
});
