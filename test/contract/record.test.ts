import { differences, type JudgesRecord } from './record';
import type { Verdicts } from './suite';

const record = (moto: Verdicts, version = '5.2.5'): JudgesRecord => ({
  versions: { moto: version, ministack: '1.5.33' },
  verdicts: { embedded: {}, moto, ministack: {} },
});

describe('what the judges answer now is compared with the record', () => {
  it.each<[string, Verdicts, Verdicts, readonly string[]]>([
    ['nothing has changed', { a: 'holds', b: { deviates: 'so' } }, { a: 'holds', b: { deviates: 'so' } }, []],
    [
      'a new deviation',
      { a: 'holds' },
      { a: { deviates: 'so' } },
      ['moto 5.2.5, a: deviates: so; it was: holds'],
    ],
    [
      'a deviation that has gone away',
      { a: { deviates: 'so' } },
      { a: 'holds' },
      ['moto 5.2.5, a: holds now; it was: deviates: so'],
    ],
    [
      'another deviation',
      { a: { deviates: 'so' } },
      { a: { deviates: 'otherwise' } },
      ['moto 5.2.5, a: deviates: otherwise; it was: deviates: so'],
    ],
    [
      'an operation that is there now',
      { a: 'not modelled' },
      { a: 'holds' },
      ['moto 5.2.5, a: holds now; it was: not modelled'],
    ],
    ['a statement that is new', {}, { a: 'holds' }, ['moto 5.2.5, a: not in the record']],
    [
      'a statement that is gone',
      { a: 'holds' },
      {},
      ['a is in the record of moto 5.2.5, but is no statement'],
    ],
  ])('%s', (_what, before, now, expected) => {
    expect(differences(record(before), record(now))).toEqual(expected);
  });

  it('a changed version is reported, even if the answers are the same', () => {
    expect(differences(record({ a: 'holds' }), record({ a: 'holds' }, '5.3.0'))).toEqual([
      'moto is 5.3.0 now; the record is of 5.2.5',
    ]);
  });
});
