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
  [['--only', ''], '--only: "" was given. Allowed: calls, functions'],
  [['--only', 'calls,size'], '--only: "size" was given.'],
  [['--only', 'toString'], '--only: "toString" was given.'],
  [['--rounds', '0'], '--rounds: "0" was given. Allowed: a whole number from 1 to 99.'],
  [['--rounds', '1.5'], '--rounds: "1.5" was given.'],
  [['--rounds', '100'], '--rounds: "100" was given.'],
  [['--fast'], "Unknown option '--fast'"],
  [['calls'], 'calls'],
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
