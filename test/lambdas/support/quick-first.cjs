/** Tables of decisions stand in a folder each, walks through whole rotations beside them. */
const cost = ({ path }) => (/[\\/]lambdas[\\/][^\\/]+$/.test(path) ? 2 : Number(path.includes('messages')));

/** Tables first, then the page of messages, then walks: of a change to the rules, the first test that fails is enough. */
module.exports = class QuickFirst {
  sort(tests) {
    return [...tests].sort((a, b) => cost(a) - cost(b) || a.path.localeCompare(b.path));
  }

  /** Jest's own order remembers how long tests took; this one has nothing to remember. */
  cacheResults() {}
};
