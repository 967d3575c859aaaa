import { type ReactNode, useId } from 'react';

/** One line: what it is and what was found; a finding may be good or bad. */
export interface Fact {
  readonly term: string;
  readonly value: ReactNode;
  readonly verdict?: 'good' | 'bad' | undefined;
  /** For names and numbers as a program writes them. */
  readonly mono?: boolean;
}

interface Props {
  readonly heading: string;
  readonly facts: readonly Fact[];
  /** What can be done about them, and what there is to say besides. */
  readonly children?: ReactNode;
}

/** A part of the diagnostics: a heading above a grid of facts. */
export function FactSheet({ heading, facts, children }: Props) {
  const id = useId();
  return (
    <section className="fact-sheet" aria-labelledby={id}>
      <h2 id={id}>{heading}</h2>
      {facts.length > 0 && (
        <dl>
          {facts.map(({ term, value, verdict, mono }) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd className={mono === true ? 'mono' : undefined} data-verdict={verdict}>
                {value}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {children}
    </section>
  );
}
