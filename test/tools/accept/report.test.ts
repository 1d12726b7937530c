import type { Check } from '../../../tools/accept/plan';
import type { Part, RunRecord } from '../../../tools/accept/record';
import { exitOf, jsonOf, leftText, reportOf, verdictOf } from '../../../tools/accept/report';
import { runRecord } from './runs';

const part = (name: Part['name'], over: Partial<Part> = {}): Part => ({
  name,
  result: 'held',
  seconds: 61.4,
  steps: [],
  figures: [],
  deviations: [],
  ...over,
});
const ALL: readonly Check[] = ['contract', 'rotation', 'rollback', 'emergency'];
const QUEUE = { what: 'queue', name: 'rotation-acceptance-1a2b3c-inbox', removal: 'aws sqs delete-queue' };

const RUN = runRecord({
  versions: { 'Node.js': '22.12.0' },
  checks: ALL,
  parts: [...ALL.map((check) => part(check)), part('preparation'), part('removal')],
  removed: [QUEUE],
  notShown: ['What consumers do.'],
});
const failing = (name: Part['name'], problem: string): readonly Part[] =>
  RUN.parts.map((one) => (one.name === name ? { ...one, result: 'failed', problem } : one));
const REHEARSAL = {
  emulator: 'ministack 1.0',
  statements: {},
  deviations: [{ id: 'key-quota', found: 'There is no limit.', consequence: 'Others prove it.' }],
};

describe('the verdict', () => {
  it.each<[string, Partial<RunRecord>, ReturnType<typeof verdictOf>, 0 | 1]>([
    [
      'every check held',
      {},
      { kind: 'accepted', text: 'ACCEPTED: every check held in the account 111122223333, eu-west-1.' },
      0,
    ],
    [
      'some checks held, and no others were asked for',
      { checks: ['contract', 'rollback'] },
      {
        kind: 'accepted',
        text: 'HELD, of what was asked for: contract and rollback, in the account 111122223333, eu-west-1. This is no acceptance.',
      },
      0,
    ],
    [
      'a check failed',
      { parts: failing('rollback', 'no') },
      { kind: 'not accepted', text: 'NOT ACCEPTED: failed in rollback.' },
      1,
    ],
    [
      'the preparation failed, and checks were not run',
      {
        parts: failing('preparation', 'no').map((one) =>
          one.name === 'rotation' ? { ...one, result: 'not run' } : one,
        ),
      },
      { kind: 'not accepted', text: 'NOT ACCEPTED: failed in preparation.' },
      1,
    ],
    [
      'the run was interrupted',
      { isInterrupted: true, parts: [part('contract'), part('rotation', { result: 'not run' })] },
      {
        kind: 'not complete',
        text: 'NOT COMPLETE: the run was interrupted: rotation, rollback and emergency did not come to an end.',
      },
      1,
    ],
    [
      'it was interrupted after the last check',
      { isInterrupted: true },
      { kind: 'not complete', text: 'NOT COMPLETE: the run was interrupted.' },
      1,
    ],
    [
      'a rehearsal',
      { rehearsal: REHEARSAL },
      {
        kind: 'accepted',
        text: 'REHEARSED on ministack 1.0, which says nothing of AWS: every check held beside its known deviations.',
      },
      0,
    ],
    [
      'something is left',
      { left: [QUEUE] },
      { kind: 'accepted', text: 'ACCEPTED: every check held in the account 111122223333, eu-west-1.' },
      1,
    ],
    [
      'the removal failed, and a look at the end found nothing',
      { parts: failing('removal', 'denied') },
      { kind: 'accepted', text: 'ACCEPTED: every check held in the account 111122223333, eu-west-1.' },
      1,
    ],
    [
      'there was no removal',
      { parts: RUN.parts.filter(({ name }) => name !== 'removal') },
      { kind: 'accepted', text: 'ACCEPTED: every check held in the account 111122223333, eu-west-1.' },
      1,
    ],
    [
      'something is kept, as asked for',
      { left: [QUEUE], isKept: true },
      { kind: 'accepted', text: 'ACCEPTED: every check held in the account 111122223333, eu-west-1.' },
      0,
    ],
  ])('%s', (_what, over, verdict, exit) => {
    const run = { ...RUN, ...over };
    expect(verdictOf(run)).toEqual(verdict);
    expect(exitOf(run)).toBe(exit);
  });
});

describe('what is left', () => {
  const command = 'npm run accept -- --account 111122223333 --region eu-west-1 --clean 1a2b3c';
  it.each<[string, Partial<RunRecord>, string]>([
    ['none', {}, 'Everything that it created was removed.'],
    ['one', { left: [QUEUE] }, '1 thing is STILL THERE, or may be.'],
    ['two', { left: [QUEUE, QUEUE] }, '2 things are STILL THERE, or may be.'],
    [
      'none, after a removal that failed',
      { left: [], parts: failing('removal', 'denied') },
      'THE REMOVAL FAILED. A look',
    ],
    [
      'one, after a removal that failed',
      { left: [QUEUE], parts: failing('removal', 'denied') },
      'THE REMOVAL FAILED. 1 thing',
    ],
    ['kept', { left: [QUEUE], isKept: true }, '1 thing is kept, as asked for'],
  ])('%s', (_what, over, text) => {
    const said = leftText({ ...RUN, ...over });
    expect(said).toContain(text);
    if (over.left !== undefined) expect(said).toContain(command);
  });
});

describe('the report', () => {
  it('has the verdict first', () => {
    expect(reportOf(RUN).split('\n').slice(0, 3)).toEqual([
      '# Acceptance run',
      '',
      '**ACCEPTED: every check held in the account 111122223333, eu-west-1.** Everything that it created was removed.',
    ]);
  });

  it('has place, versions, times, what was removed, and what it does not show', () => {
    const text = reportOf(RUN);
    for (const said of [
      '| account | 111122223333 |',
      '| caller | arn:aws:iam::111122223333:role/tester |',
      '| Node.js | 22.12.0 |',
      '| rotation | held | 1 min 01 s |',
      '- What consumers do.',
      '## What was removed: 1',
      '- queue rotation-acceptance-1a2b3c-inbox',
    ]) {
      expect(text).toContain(said);
    }
    expect(text).not.toContain('What is left');
    expect(text).not.toContain('undefined');
  });

  it('has steps, figures and the problem of each part', () => {
    const steps = [
      { title: 'a | b\n c', at: '2026-03-01T09:00:00.000Z', ok: true, seconds: 2 },
      { title: 'd', at: '2026-03-01T09:00:02.000Z', ok: false, seconds: 0.5 },
    ];
    const text = reportOf({
      ...RUN,
      parts: [
        part('rotation', {
          result: 'failed',
          steps,
          problem: 'two\nlines',
          figures: [{ what: 'until refused', value: '3.0 s' }],
        }),
      ],
    });
    expect(text).toContain('| a \\| b c | 2026-03-01T09:00:00.000Z | 2.0 s | ok |');
    expect(text).toContain('| d | 2026-03-01T09:00:02.000Z | 0.5 s | FAILED |');
    expect(text).toContain('```text\ntwo\nlines\n```');
    expect(text).toContain('| until refused | 3.0 s |');
  });

  it.each([
    [0.04, '0.0 s'],
    [59.4, '59.4 s'],
    [59.7, '1 min 00 s'],
    [119.7, '2 min 00 s'],
  ])('shows %d seconds as people read them', (seconds, shown) => {
    expect(reportOf({ ...RUN, parts: [part('rotation', { seconds })] })).toContain(`| held | ${shown} |`);
  });

  it('names what is left with its command, and every known deviation of an emulator', () => {
    const text = reportOf({
      ...RUN,
      left: [QUEUE],
      rehearsal: REHEARSAL,
      parts: [part('contract', { deviations: ['iam/a: otherwise'] })],
    });
    expect(text).toContain('- queue rotation-acceptance-1a2b3c-inbox: `aws sqs delete-queue`');
    expect(text).toContain('## Known deviations of ministack 1.0\n\n- key-quota: There is no limit.');
    expect(text).toContain('- iam/a: otherwise');
  });

  it('begins for machines with the verdict, too', () => {
    expect(Object.keys(jsonOf(RUN)).slice(0, 2)).toEqual(['verdict', 'said']);
    expect(jsonOf(RUN)).toMatchObject({ verdict: 'accepted', id: '1a2b3c', parts: RUN.parts });
  });
});
