import { without } from '../../../tools/accept/removal';

const thing = (what: string, name: string) => ({ what, name, removal: '' });
const QUEUE = thing('queue', 'a');
const TOPIC = thing('topic', 'a');
const SECRET = thing('secret', 'b');

test.each([
  ['nothing was there', [], [], []],
  ['all is gone', [QUEUE, SECRET], [], [QUEUE, SECRET]],
  ['one is left', [QUEUE, SECRET], [{ ...SECRET, removal: 'other words' }], [QUEUE]],
  ['one of two that are called alike', [QUEUE, TOPIC], [TOPIC], [QUEUE]],
  ['all is left, and more', [QUEUE], [QUEUE, SECRET], []],
])('%s', (_what, before, after, removed) => {
  expect(without(before, after)).toEqual(removed);
});
