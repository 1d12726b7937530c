// Loaded before a program: counts its calls of the file system that concern one folder, and disturbs it right before the
// call with a given number. Either the system kills the process, in which case a write has been done by half. Or links are
// put in the place of what the program has created there, as another user who owns the folder could do.
const fs = require('node:fs');
const { join } = require('node:path');

const { DISTURB_FOLDER: folder, DISTURB_AT: at, DISTURB_BY_LINKS_TO: linkTo } = process.env;
const descriptors = new Set();
let calls = 0;

const concerns = (target) =>
  typeof target === 'number' ? descriptors.has(target) : String(target).startsWith(folder);

const CALLS = [
  ...['mkdirSync', 'realpathSync', 'lstatSync', 'statSync', 'readlinkSync', 'readdirSync', 'readFileSync'],
  ...[
    'openSync',
    'fstatSync',
    'fchmodSync',
    'fchownSync',
    'chmodSync',
    'writeSync',
    'fsyncSync',
    'closeSync',
  ],
  ...['renameSync', 'unlinkSync'],
];
const originals = Object.fromEntries(CALLS.map((name) => [name, fs[name]]));

const disturb = (name, target, rest) => {
  if (linkTo === undefined) {
    if (name === 'writeSync') originals.writeSync(target, rest[0], rest[1], Math.floor(rest[2] / 2));
    process.kill(process.pid, 'SIGKILL');
  }
  for (const entry of originals.readdirSync(folder)) {
    if (!entry.includes('.rotated-')) continue;
    originals.unlinkSync(join(folder, entry));
    fs.symlinkSync(linkTo, join(folder, entry));
  }
};

for (const name of CALLS) {
  fs[name] = (target, ...rest) => {
    if (!concerns(target)) return originals[name](target, ...rest);
    calls += 1;
    if (calls === Number(at)) disturb(name, target, rest);
    const result = originals[name](target, ...rest);
    if (name === 'openSync') descriptors.add(result);
    if (name === 'closeSync') descriptors.delete(target);
    return result;
  };
}

process.on('exit', () => {
  if (calls < Number(at)) console.log('It was not disturbed');
});
