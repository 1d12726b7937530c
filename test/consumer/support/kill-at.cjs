// Loaded before a program: counts its calls of the file system that have to do with one folder, and has the system kill
// the process right before the call with a given number. A write that is killed has written half.
const fs = require('node:fs');

const { KILL_FOLDER: folder, KILL_AT: at } = process.env;
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

for (const name of CALLS) {
  const original = fs[name];
  fs[name] = (target, ...rest) => {
    if (!concerns(target)) return original(target, ...rest);
    calls += 1;
    if (calls === Number(at)) {
      if (name === 'writeSync') original(target, rest[0], rest[1], Math.floor(rest[2] / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    const result = original(target, ...rest);
    if (name === 'openSync') descriptors.add(result);
    if (name === 'closeSync') descriptors.delete(target);
    return result;
  };
}
