type Outcomes = ReadonlyMap<string, readonly string[]>;

interface ChangedTest {
  readonly name: string;
  readonly alone: readonly string[];
  readonly recorded: readonly string[];
}

export const OUTCOMES: readonly string[];
export function readOutcomes(text: string): Outcomes;
export function sumsOf(outcomes: Outcomes): Readonly<Record<string, number>>;
export function changedTests(alone: readonly Outcomes[], recorded: readonly Outcomes[]): ChangedTest[];
