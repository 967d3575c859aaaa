import { type ReactNode, useRef } from 'react';
import { useStore } from 'zustand';
import { type AsideEntry, type WorkOffer, type WorkState, workStore } from '../app/work-store.ts';
import { AsideList } from './AsideList.tsx';
import { useLanguage } from './language.ts';
import { catchFocus } from './lost-focus.ts';
import { ModelsTwoStep } from './ModelsTwoStep.tsx';
import { useKeptFocus } from './use-kept-focus.ts';
import { useWhen } from './use-when.ts';
import { useWorkWords } from './use-work-words.ts';

/** Says what became of work that was kept: it can be brought back, was set aside, or is not kept. */
export function WorkNotice() {
  const offer = useStore(workStore, (state) => state.offer);
  const aside = useStore(workStore, (state) => state.aside);
  const problem = useStore(workStore, (state) => (state.isProblemClosed ? null : state.problem));
  const isAside = aside.some((entry) => entry.isNew);
  return (
    <>
      <Problem problem={problem === 'refused' ? null : problem} />
      <Aside entries={isAside ? aside : []} />
      <Offer offer={offer} />
    </>
  );
}

interface NoticeProps {
  readonly label: string;
  /** What is read out when it comes; null: nothing is shown. */
  readonly told: ReactNode;
  readonly children: ReactNode;
}

/** A card whose text is announced: the region is there before its words are. */
function Notice({ label, told, children }: NoticeProps) {
  const isShown = told !== null;
  return (
    <section {...(isShown && { className: 'app-notice', 'aria-label': label })}>
      <div role="status">{told}</div>
      {isShown && <Controls>{children}</Controls>}
    </section>
  );
}

/** Keeps focus as long as there is another button for it. */
function Controls({ children }: { children: ReactNode }) {
  const part = useRef<HTMLDivElement>(null);
  return (
    <div ref={part} className="app-notice-controls" {...useKeptFocus(part)}>
      {children}
    </div>
  );
}

function Offer({ offer }: { offer: WorkOffer | null }) {
  const words = useWorkWords().offer;
  return (
    <Notice label={words.label} told={offer === null ? null : <Offered offer={offer} />}>
      <div className="work-actions">
        <button type="button" className="button button-main" onClick={bringBack}>
          {words.bringBack}
        </button>
        <button type="button" className="button button-quiet" onClick={() => act('declineWork')}>
          {words.notNow}
        </button>
        <ModelsTwoStep
          label={words.forget}
          name={words.forgetName}
          question={words.forgetQuestion}
          onConfirm={() => act('forgetWork')}
        />
      </div>
    </Notice>
  );
}

function Offered({ offer }: { offer: WorkOffer }) {
  const words = useWorkWords().offer;
  const { count } = useLanguage();
  const when = useWhen();
  const { query, documents, rankedAt, updatedAt } = offer;
  const facts = [
    words.documents(count(documents), documents !== 1),
    rankedAt === null ? words.changed(when(updatedAt)) : words.ranked(when(rankedAt)),
  ];
  return (
    <>
      <p className="muted">{words.lead}</p>
      <p className="work-query">{query === '' ? words.noQuery : words.query(query)}</p>
      <p>{facts.join(' · ')}</p>
    </>
  );
}

function Aside({ entries }: { entries: readonly AsideEntry[] }) {
  const words = useWorkWords().aside;
  return (
    <Notice label={words.label} told={entries.length === 0 ? null : <p>{words.lead}</p>}>
      <AsideList entries={entries} />
      <div className="work-actions">
        <button type="button" className="button" onClick={() => act('closeAside')}>
          {words.close}
        </button>
      </div>
    </Notice>
  );
}

type ToldProblem = Exclude<NonNullable<WorkState['problem']>, 'refused'>;

function Problem({ problem }: { problem: ToldProblem | null }) {
  const words = useWorkWords();
  const told = problem === null ? null : <p>{words.problems[problem]}</p>;
  return (
    <Notice label={words.problem} told={told}>
      <div className="work-actions">
        {problem === 'newer-release' && (
          <button type="button" className="button" onClick={() => location.reload()}>
            {words.reload}
          </button>
        )}
        <button type="button" className="button button-quiet" onClick={() => act('closeProblem')}>
          {words.close}
        </button>
      </div>
    </Notice>
  );
}

type PlainAction = 'declineWork' | 'forgetWork' | 'closeAside' | 'closeProblem';

async function act(name: PlainAction): Promise<void> {
  await (await import('../app/work-actions.ts'))[name]();
  catchFocus();
}

async function bringBack(): Promise<void> {
  await (await import('../app/work-actions.ts')).bringBack();
  // After the view that was shown has changed.
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.query-box')?.focus());
}
