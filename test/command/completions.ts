/** What the tab key makes of the beginnings of command lines, in every shell. */
export const COMPLETIONS: readonly (readonly [typed: string, completed: string])[] = [
  ['access-key-rotation stat', 'access-key-rotation status'],
  ['access-key-rotation --json history --fo', 'access-key-rotation --json history --format'],
  ['access-key-rotation history alice --pi', 'access-key-rotation history alice --picture'],
  ['access-key-rotation emergency alice --l', 'access-key-rotation emergency alice --leaked-since'],
  ['access-key-rotation completion z', 'access-key-rotation completion zsh'],
  ['access-key-rotation nothing', 'access-key-rotation nothing'],
];
