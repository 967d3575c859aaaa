import { useState } from 'react';
import { resultOfStage } from '../../app/cascade-truth.ts';
import { machineOf, runJson, runMarkdown } from '../../app/run-report.ts';
import { type FinishedResult, isOfTwo } from '../../app/run-truth.ts';
import type { CascadePosition } from '../../app/store.ts';
import { CopyButton } from '../CopyButton.tsx';
import { useApp } from '../use-app.ts';
import { TruthComparison } from './TruthComparison.tsx';
import { TruthFigures } from './TruthFigures.tsx';
import { TruthParts } from './TruthParts.tsx';
import { TruthStages } from './TruthStages.tsx';
import { TruthTimeline } from './TruthTimeline.tsx';
import { useTruthWords } from './use-truth.ts';
import '../styles/evaluation.css';
import '../styles/truth.css';

interface Props {
  readonly result: FinishedResult;
  /** False while the next run is under way. */
  readonly current: boolean;
}

/** Everything that is known about the speed of one run, and whether another device would be faster. */
export function TruthPanel({ result, current }: Props) {
  const words = useTruthWords();
  const devices = useApp((state) => state.devices);
  // The strong model is the one in use.
  const [stage, setStage] = useState<CascadePosition['stage']>('strong');
  const ofStage = resultOfStage(result, stage);
  return (
    <section className="truth" aria-label={words.label}>
      <div className="truth-run" data-stale={current ? undefined : ''}>
        {isOfTwo(result) && <TruthStages result={result} stage={stage} onChoose={setStage} />}
        <TruthFigures result={ofStage} current={current} />
        <TruthParts result={ofStage} />
        <TruthTimeline timeline={ofStage.timings.timeline} />
        <p className="truth-actions">
          <CopyButton
            label={words.copyMarkdown}
            text={() => runMarkdown(ofStage, machineOf(devices))}
          />
          <CopyButton label={words.copyJson} text={() => runJson(ofStage, machineOf(devices))} />
          {!current && <span className="truth-note">{words.before}</span>}
        </p>
      </div>
      <TruthComparison result={result} current={current} />
    </section>
  );
}
