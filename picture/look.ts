import type { Sign } from './lanes';

/** In light and dark. Keys differ in brightness as well as in colour; only a failure is red, and its bar is hatched besides. */
const COLOURS = {
  card: ['#ffffff', '#0d1117'],
  shade: ['#f6f8fa', '#151b23'],
  edge: ['#d0d7de', '#30363d'],
  quiet: ['#e4e9ee', '#262c36'],
  dim: ['#59636e', '#9198a1'],
  ink: ['#1f2328', '#e6edf3'],
  old: ['#b4bcc5', '#6e7681'],
  new: ['#0969da', '#58a6ff'],
  other: ['#3d444d', '#d1d7e0'],
  fail: ['#cf222e', '#ff7b72'],
} as const;
/** What is written on a bar. */
export const INK_ON: Readonly<Record<string, string>> = { quiet: 'dim', old: 'ink' };

const rules = (theme: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, pair]) => `.${name}{fill:${pair[theme]}}.line-${name}{stroke:${pair[theme]}}`)
    .join('');
const STYLE =
  'text{font:12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}.small{font-size:11px}' +
  '.strong,.title{font-weight:600}.title{font-size:20px}.middle{text-anchor:middle}.end{text-anchor:end}' +
  `${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}`;
/** What stands at the beginning of the image. */
export const DEFINITIONS =
  `<style>${STYLE}</style>` +
  '<defs><pattern id="failed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">' +
  '<path d="M0 0v6" class="line-card" stroke-opacity=".3" stroke-width="3"/></pattern></defs>';
/** Drawn around their middle. */
export const SIGNS: Readonly<Record<Sign['sign'], string>> = {
  check: '<path d="M0-4.5 4.5 0 0 4.5-4.5 0z" class="ink"/>',
  message: '<path d="M-8-5.5H8v11H-8zL0 1.5 8-5.5" class="card line-ink" stroke-width="1.3"/>',
  failure: '<path d="M-5-5 5 5M-5 5 5-5" class="line-fail" stroke-width="3"/>',
};
