import type { Command } from 'commander';

/** Shells for which there is a completion. */
export const SHELLS = ['bash', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

const flagsOf = (command: Command): readonly string[] => command.options.flatMap(({ long }) => long ?? []);

/** What can come after a command, and after none. */
const wordsOf = (program: Command): ReadonlyMap<string, string> => {
  const common = [...flagsOf(program), '--help'];
  return new Map([
    ['', [...program.commands.map((command) => command.name()), ...common].join(' ')],
    ...program.commands.map((command) => {
      const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
      return [command.name(), [...choices, ...flagsOf(command), ...common].join(' ')] as const;
    }),
  ]);
};

/**
 * A function of bash that finds the command among the words, and completes what can follow it. zsh counts the elements of an array from 1,
 * unless they are taken as a slice; and takes a letter after the colon for a modifier, so that what counts begins with `$`.
 */
const bash = (program: Command): string => {
  const words = wordsOf(program);
  const names = program.commands.map((command) => command.name()).join('|');
  const cases = [...words].map(([name, known]) => `    ${name === '' ? "''" : name}) known='${known}' ;;`);
  return [
    '_access_key_rotation() {',
    "  local word known='' command=''",
    '  COMPREPLY=()',
    `  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do`,
    `    case $word in ${names}) command=$word; break ;; esac`,
    '  done',
    '  case $command in',
    ...cases,
    '  esac',
    `  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$known" -- "\${COMP_WORDS[@]:$COMP_CWORD:1}")`,
    '}',
    'complete -F _access_key_rotation access-key-rotation',
    '',
  ].join('\n');
};

/** The script that a shell evaluates. zsh understands that of bash. */
export const completionFor = (shell: Shell, program: Command): string =>
  shell === 'bash'
    ? bash(program)
    : ['autoload -U +X bashcompinit && bashcompinit', bash(program)].join('\n');
