import { recordings, testMoments } from './support/recordings';

describe.each(recordings)('every execution that $name may have left', ({ definition, moments }) => {
  testMoments(definition, moments);
});
