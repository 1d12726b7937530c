import type { Finding } from './verdict';

/** One entry of cfn-lint's report, as far as it is read here. */
interface Match {
  readonly Rule: { readonly Id: string };
  readonly Message: string;
  readonly Location: { readonly Path?: readonly (string | number)[] };
}

/** What cfn-lint is called with. It reports on the whole run by its output; its exit status would be that of the worst finding. */
export const lintArguments = (
  regions: readonly string[],
  templates: readonly string[],
): readonly string[] => [
  '--format',
  'json',
  '--non-zero-exit-code',
  'none',
  '--regions',
  ...regions,
  '--',
  ...templates,
];

/** The findings in a report. `typeOf` has the type of a resource by its logical ID. */
export const lintFindings = (
  report: string,
  typeOf: (logicalId: string) => string | undefined,
): readonly Finding[] =>
  (JSON.parse(report) as readonly Match[]).map(({ Rule, Message, Location: { Path = [] } }) => {
    const [section, id] = Path.map(String);
    const type = section === 'Resources' && id !== undefined ? typeOf(id) : undefined;
    return { rule: Rule.Id, on: type ?? section ?? 'the template', says: `${Message} (${Path.join('/')})` };
  });
