import { useStore } from 'zustand';
import { type AsideEntry, type WorkOffer, type WorkState, workStore } from '../app/work-store.ts';
import { useLanguage } from './language.ts';
import { useMeasures } from './models-measures.ts';
import { saveFile } from './save-file.ts';
import './styles/work.css';
import { type WorkDictionary, workEn } from './work-en.ts';
import { workZh } from './work-zh.ts';

/** Says what became of work that was kept: it can be brought back, was set aside, or is not kept. */
export function WorkNotice() {
  const offer = useStore(workStore, (state) => state.offer);
  const aside = useStore(workStore, (state) => state.aside);
  const problem = useStore(workStore, (state) => (state.isProblemClosed ? null : state.problem));
  const isTold = problem !== null && problem !== 'refused';
  const isAside = aside.some((entry) => entry.isNew);
  if (offer === null && !isTold && !isAside) return null;
  return (
    <div className="work-notices">
      {isTold && <Problem problem={problem} />}
      {isAside && <Aside entries={aside} />}
      {offer !== null && <Offer offer={offer} />}
    </div>
  );
}

function Offer({ offer }: { offer: WorkOffer }) {
  const words = useWorkWords().offer;
  const { count } = useLanguage();
  const when = useWhen();
  const { query, documents, rankedAt, updatedAt } = offer;
  const facts = [
    query === '' ? words.noQuery : words.query(query),
    words.documents(count(documents), documents !== 1),
    rankedAt === null ? words.changed(when(updatedAt)) : words.ranked(when(rankedAt)),
  ];
  return (
    <section className="notice work-notice" aria-label={words.label}>
      <p>
        <span className="muted">{words.lead}</span> {facts.join(' · ')}
      </p>
      <p className="work-actions">
        <button type="button" className="button" onClick={() => act('bringBack')}>
          {words.bringBack}
        </button>
        <button type="button" className="button button-quiet" onClick={() => act('declineWork')}>
          {words.notNow}
        </button>
        <button type="button" className="button button-quiet" onClick={() => act('forgetWork')}>
          {words.forget}
        </button>
      </p>
    </section>
  );
}

function Aside({ entries }: { entries: readonly AsideEntry[] }) {
  const words = useWorkWords().aside;
  const { size } = useMeasures();
  const when = useWhen();
  return (
    <section className="notice work-notice" aria-label={words.label}>
      <p role="status">{words.lead}</p>
      <p className="work-actions">
        <button type="button" className="button button-quiet" onClick={() => act('closeAside')}>
          {words.close}
        </button>
      </p>
      <ul className="work-asides">
        {entries.map(({ id, kind, reason, bytes, setAsideAt }) => (
          <li key={id}>
            <span>
              {[
                words.kinds[kind],
                words.reasons[reason],
                // No 0 kB.
                size(Math.max(100, bytes)),
                ...(setAsideAt === null ? [] : [when(setAsideAt)]),
              ].join(' · ')}
            </span>
            <button type="button" className="link" onClick={() => download(id)}>
              {words.download}
            </button>
            <button type="button" className="link" onClick={() => remove(id)}>
              {words.delete}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

type ToldProblem = Exclude<NonNullable<WorkState['problem']>, 'refused'>;

function Problem({ problem }: { problem: ToldProblem }) {
  const words = useWorkWords();
  return (
    <section className="notice work-notice">
      <p role="status">{words.problems[problem]}</p>
      <p className="work-actions">
        {problem === 'newer-release' && (
          <button type="button" className="button" onClick={() => location.reload()}>
            {words.reload}
          </button>
        )}
        <button type="button" className="button button-quiet" onClick={() => act('closeProblem')}>
          {words.close}
        </button>
      </p>
    </section>
  );
}

type PlainAction = 'bringBack' | 'declineWork' | 'forgetWork' | 'closeAside' | 'closeProblem';

async function act(name: PlainAction): Promise<void> {
  await (await import('../app/work-actions.ts'))[name]();
}

async function download(id: string): Promise<void> {
  await (await import('../app/work-actions.ts')).downloadAside(id, saveFile);
}

async function remove(id: string): Promise<void> {
  await (await import('../app/work-actions.ts')).deleteAside(id);
}

function useWorkWords(): WorkDictionary {
  return useLanguage().tag === 'zh' ? workZh : workEn;
}

/** Writes a moment: today and yesterday by name, other days by their date. */
function useWhen(): (atMs: number) => string {
  const words = useWorkWords();
  const locale = useLanguage().tag === 'zh' ? 'zh-Hans' : 'en';
  return (atMs) => {
    const at = new Date(atMs);
    const today = new Date();
    const midnight = (date: Date): number => new Date(date).setHours(0, 0, 0, 0);
    // Days of 23 or 25 hours are days.
    const days = Math.round((midnight(at) - midnight(today)) / 86_400_000);
    const day =
      days === 0 || days === -1
        ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
        : new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(at);
    const time = new Intl.DateTimeFormat(locale, {
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    return words.when(day, time.format(at));
  };
}
