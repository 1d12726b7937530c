/** Something that a judge does not like. */
export interface Finding {
  /** The judge's rule. */
  readonly rule: string;
  /** The kind of resource, or the role, that it is about. */
  readonly on: string;
  /** What the judge says of one of them. */
  readonly says: string;
  /** Why it is left, if the code says so beside the resource. */
  readonly because?: string;
}

/** Why findings are left. */
export interface Reason {
  readonly rules: readonly string[];
  /** Kinds of resources, or roles. On each of them each rule has a finding. */
  readonly on: readonly string[];
  readonly because: string;
}

/** What is said of all findings of one rule on one kind of resource. */
export interface Verdict {
  readonly verdict: 'explained' | 'UNEXPLAINED' | 'NO LONGER FOUND';
  readonly rule: string;
  readonly on: string;
  /** How many resources the judge has found. */
  readonly found: number;
  /** The reason, or what the judge says where there is none. */
  readonly because: string;
}

/** Compares findings with reasons, both ways. What is not in order comes first. */
export const verdictsOn = (findings: readonly Finding[], reasons: readonly Reason[]): readonly Verdict[] => {
  const listed = reasons.flatMap(({ rules, on, because }) =>
    rules.flatMap((rule) => on.map((kind) => ({ rule, on: kind, because }))),
  );
  const judged = new Map<string, Verdict>();
  for (const { rule, on, says, because } of findings) {
    const why = because ?? listed.find((reason) => reason.rule === rule && reason.on === on)?.because;
    const key = JSON.stringify([rule, on, why]);
    judged.set(key, {
      verdict: why === undefined ? 'UNEXPLAINED' : 'explained',
      rule,
      on,
      found: (judged.get(key)?.found ?? 0) + 1,
      because: why ?? says,
    });
  }
  const unneeded = listed
    .filter(({ rule, on }) => !findings.some((finding) => finding.rule === rule && finding.on === on))
    .map((reason): Verdict => ({ verdict: 'NO LONGER FOUND', found: 0, ...reason }));
  return [...judged.values(), ...unneeded].toSorted(
    (a, b) =>
      Number(a.verdict === 'explained') - Number(b.verdict === 'explained') ||
      `${a.rule} ${a.on}`.localeCompare(`${b.rule} ${b.on}`),
  );
};

/**
 * A table, under a line that says what became of all: the verdict, how many resources, the rules, the kinds of resources,
 * the reason. What has one reason is in one line.
 */
export const report = (judge: string, verdicts: readonly Verdict[]): string => {
  const open = verdicts.filter(({ verdict }) => verdict !== 'explained').length;
  const title =
    open > 0
      ? `${judge}: NOT in order: ${open} of ${verdicts.length} kinds of findings`
      : `${judge}: in order. Kinds of findings, each with its reason: ${verdicts.length}`;
  const alike = new Map<string, Verdict[]>();
  for (const each of verdicts) {
    const key = each.verdict === 'explained' ? each.because : JSON.stringify(each);
    alike.set(key, [...(alike.get(key) ?? []), each]);
  }
  const listed = (words: readonly string[]): string => [...new Set(words)].join(', ');
  const rows = [...alike.values()].map((row) => {
    const [{ verdict, because }] = row as [Verdict];
    const found = row.reduce((sum, each) => sum + each.found, 0);
    return `| ${verdict} | ${found} | ${listed(row.map(({ rule }) => rule))} | ${listed(row.map(({ on }) => on))} | ${because} |`;
  });
  return [title, ...rows].join('\n');
};
