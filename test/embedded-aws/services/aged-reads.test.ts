import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { Prng } from '../../../embedded-aws/ground/prng';
import { History, momentOfRead } from '../../../embedded-aws/services/aged-reads';

const NOW = new Date('2026-03-02T08:00:00Z');
const clock = new VirtualClock({ start: NOW });

test('each read has an age of its own, up to the lag', () => {
  const ids = new Prng(1);
  const ages = Array.from({ length: 200 }, () => NOW.getTime() - momentOfRead({ clock, ids }, 10));
  expect(new Set(ages)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
});

test('without a lag nothing is drawn', () => {
  const [one, other] = [new Prng(1), new Prng(1)];
  expect(momentOfRead({ clock, ids: one }, 0)).toBe(NOW.getTime());
  expect(one.next()).toBe(other.next());
});

describe('a history', () => {
  test('without a change has its first value', () => {
    const history = new History('nothing');
    expect([history.present, history.at(0), history.changedAt]).toEqual(['nothing', 'nothing', undefined]);
    history.settle();
    expect(history.present).toBe('nothing');
  });

  test('has the value of each moment', () => {
    const history = new History('nothing');
    history.change('one', 10);
    history.change('two', 20);
    history.change('three', 20);
    expect([9, 10, 19, 20, 99].map((moment) => history.at(moment))).toEqual([
      'nothing',
      'one',
      'one',
      'three',
      'three',
    ]);
    expect([history.present, history.changedAt]).toEqual(['three', 20]);
  });

  test('shows the present value to reads of any age once it has settled, and later changes', () => {
    const history = new History('nothing');
    history.change('one', 10);
    history.change('two', 20);
    history.settle();
    history.change('three', 30);
    expect([0, 15, 29, 30].map((moment) => history.at(moment))).toEqual(['two', 'two', 'two', 'three']);
    expect(history.changedAt).toBe(30);
  });
});
