/** How GitHub, and what renders Markdown like it, names the anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

/** Where the runbook is, unless a deployment says otherwise: in this repository. */
export const RUNBOOK = 'docs/runbook.md';
