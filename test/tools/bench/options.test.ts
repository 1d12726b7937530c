import { type Command, parseCommand, SECTIONS } from '../../../tools/bench/options';

const measure = (...args: string[]) => {
  const command = parseCommand(args);
  if (command.kind !== 'measure') throw new Error(JSON.stringify(command));
  return command;
};

test('without options everything is measured, for a person', () => {
  expect(measure()).toEqual({ kind: 'measure', sections: Object.keys(SECTIONS), rounds: 5, json: false });
});

test.each<[string, readonly string[]]>([
  ['calls', ['calls']],
  // In the order in which they are measured, each once.
  ['synthesis,calls', ['calls', 'synthesis']],
  ['calls,calls', ['calls']],
])('--only %s measures %j', (only, sections) => {
  expect(measure('--only', only, '--rounds', '2', '--json')).toEqual({
    kind: 'measure',
    sections,
    rounds: 2,
    json: true,
  });
});

test.each<[readonly string[], string]>([
  [['--only', 'calls,'], '"" is none of calls, functions'],
  [['--only', 'calls,size'], '"size" is none of calls,'],
  [['--only', 'toString'], '"toString" is none of calls,'],
  [['--rounds', '0'], "'--rounds <n>' argument '0' is invalid. Allowed: a whole number from 1 to 99."],
  [['--rounds', '1.5'], "argument '1.5' is invalid"],
  [['--rounds', '100'], "argument '100' is invalid"],
  [['--fast'], "unknown option '--fast'"],
  [['calls'], "unexpected argument 'calls'"],
])('%j is refused', (args, message) => {
  const command: Command = parseCommand(args);
  expect(command).toEqual({ kind: 'misuse', message: expect.stringContaining(message) });
  expect(command).toEqual({
    kind: 'misuse',
    message: expect.stringMatching(/See npm run bench -- --help\.$/),
  });
});

test('--help names every section, in 80 columns', () => {
  const command = parseCommand(['--help', '--json']);
  if (command.kind !== 'help') throw new Error(command.kind);
  for (const section of Object.keys(SECTIONS)) expect(command.text).toContain(`    ${section} `);
  for (const line of command.text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
