import { useId } from 'react';
import { type CatalogRow, firstRung, pairGigaflop, presenceOf } from '../app/models-view.ts';
import { useLanguage } from './language.ts';
import { ModelsAction } from './ModelsAction.tsx';
import { ModelsDetails } from './ModelsDetails.tsx';
import { languagesOf, ruledOutText, rungReasons } from './model-card-words.ts';
import { placeOf } from './model-summary.ts';
import { useMeasures } from './models-measures.ts';
import { useModelsWords } from './use-models-words.ts';
import { usePresence } from './use-presence.ts';

interface Props {
  readonly row: CatalogRow;
  readonly open: boolean;
  readonly onToggle: () => void;
  /** Id of the element, for links to it; null for a row that is not the catalog's. */
  readonly anchor: string | null;
}

/** Cost of the largest models of the catalog: what the bars are full at. */
const mostGigaflop = 161;

/** The element that a row of the catalog is found by. */
export function anchorOf(id: string): string {
  return `model-${id}`;
}

/** One model of the catalog in a line or two; its details on demand. */
export function ModelsRow({ row, open, onToggle, anchor }: Props) {
  const language = useLanguage();
  const { count, rough } = language;
  const { card, embedded } = row;
  const { catalog } = useModelsWords();
  const { fine } = useMeasures();
  const state = usePresence();
  const rung = firstRung(row, state.kept);
  const presence = presenceOf(card, rung?.build.dtype ?? null, state);
  const detailsId = useId();
  const cost = pairGigaflop(card, 256);
  const [score] = card.published;
  return (
    <li
      className="models-row"
      {...(anchor !== null && { id: anchor })}
      data-state={presence.state}
      data-open={open}
      tabIndex={-1}
      aria-label={card.name}
    >
      <div className="models-row-main">
        <div className="models-row-name">
          <button
            type="button"
            className="models-expand"
            aria-expanded={open}
            aria-controls={open ? detailsId : undefined}
            aria-label={catalog.details(card.name)}
            onClick={onToggle}
          >
            <span className="models-caret" aria-hidden="true" />
            <span>{card.name}</span>
          </button>
          <Marks row={row} state={presence.state} />
        </div>
        <p className="models-number" title={catalog.hints.parameters}>
          <span className="models-number-name">{catalog.columns.parameters} </span>
          {card.parametersMillions === null
            ? '–'
            : catalog.millions(rough(card.parametersMillions))}
        </p>
        <p className="models-number" title={catalog.hints.length}>
          <span className="models-number-name">{catalog.columns.length} </span>
          {count(card.maxLength)}
        </p>
        <p className="models-number" title={catalog.hints.cost}>
          <span className="models-number-name">{catalog.columns.cost} </span>
          {rough(cost)}
          <span className="cost-bar" aria-hidden="true">
            <span style={{ inlineSize: `${Math.min(1, cost / mostGigaflop) * 100}%` }} />
          </span>
        </p>
        <RunsHere row={row} rung={rung} inUse={presence.state === 'in-use' ? state.inUse : null} />
        <div className="models-row-text">
          {card.goodFor !== null && <p>{card.goodFor[language.tag]}</p>}
          <p className="models-note models-meta">
            <span>
              {[
                ...(card.id === card.name ? [] : [card.id]),
                languagesOf(card, language),
                embedded ? catalog.embedded : (card.licence.id ?? catalog.licenceUnknown),
              ].join(' · ')}
            </span>
            {score !== undefined && (
              <span>
                {catalog.publishedScore(`${score.benchmark} ${score.metric}`, fine(score.value))}
              </span>
            )}
          </p>
        </div>
        <ModelsAction row={row} rung={rung} presence={presence} />
      </div>
      {open && <ModelsDetails id={detailsId} row={row} />}
    </li>
  );
}

/** What has to be known before anything is pressed. */
function Marks({ row, state }: { row: CatalogRow; state: keyof typeof noMark }) {
  const { catalog } = useModelsWords();
  return (
    <span className="models-marks">
      {row.card.licence.commercialUse === false && (
        <span className="role role-trap">{catalog.nonCommercial}</span>
      )}
      {!noMark[state] && (
        <span className="role models-mark" data-state={state}>
          {catalog.states[state]}
        </span>
      )}
    </span>
  );
}

const noMark = { 'not-here': true, partial: false, here: false, loading: false, 'in-use': false };

interface HereProps {
  readonly row: CatalogRow;
  readonly rung: ReturnType<typeof firstRung>;
  readonly inUse: ReturnType<typeof usePresence>['inUse'];
}

/** The way in which it runs or would run here, and why; or why it does not. */
function RunsHere({ row, rung, inUse }: HereProps) {
  const language = useLanguage();
  const { size } = useMeasures();
  const { plan } = row;
  const { catalog, machine } = useModelsWords();
  if (plan === null) return <p className="models-here models-note">{machine.probing}</p>;
  const used = plan.rungs.find(
    ({ device, build }) => device === inUse?.device && build.dtype === inUse.dtype,
  );
  const shown = used ?? rung;
  if (shown === null || (inUse !== null && used === undefined)) {
    const closed = plan.ruledOut[0];
    return (
      <p className="models-here">
        <span className="models-place" data-runs={inUse !== null}>
          {inUse === null ? catalog.notHere : placeOf(inUse, language)}
        </span>
        {inUse === null && closed !== undefined && (
          <span className="models-note">{ruledOutText(closed, language)}</span>
        )}
      </p>
    );
  }
  const { device, build, memoryBytes } = shown;
  return (
    <p className="models-here" title={catalog.memory(size(memoryBytes))}>
      <span className="models-place" data-runs="true">
        {placeOf({ device, dtype: build.dtype }, language)} · {size(build.bytes)}
      </span>
      <span className="models-note">{rungReasons(shown, language)}</span>
    </p>
  );
}
