import { useEffect, useMemo, useRef, useState } from 'react';
import { refreshModels } from '../app/model-actions.ts';
import { planCatalog } from '../app/models-view.ts';
import { ModelsAnnouncer } from './ModelsAnnouncer.tsx';
import { ModelsCatalog, wholeCatalog } from './ModelsCatalog.tsx';
import { ModelsDisk } from './ModelsDisk.tsx';
import { ModelsDrop } from './ModelsDrop.tsx';
import { ModelsInUse } from './ModelsInUse.tsx';
import { ModelsKept } from './ModelsKept.tsx';
import { ModelsMachine } from './ModelsMachine.tsx';
import { ModelsOther } from './ModelsOther.tsx';
import { ModelsPublished } from './ModelsPublished.tsx';
import { anchorOf } from './ModelsRow.tsx';
import { useApp } from './use-app.ts';
import { useModelsWords } from './use-models-words.ts';

/** Which models there are, which run here and how well, and what of them is on this machine. */
export function ModelsView() {
  const modelsWords = useModelsWords();
  const devices = useApp((state) => state.devices);
  const device = useApp((state) => state.settings.device);
  const rows = useMemo(() => planCatalog(devices, device), [devices, device]);
  const [narrowing, setNarrowing] = useState(wholeCatalog);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  // A row that was asked for is gone to once it is drawn.
  const wanted = useRef<string | null>(null);

  useEffect(() => {
    refreshModels();
  }, []);

  useEffect(() => {
    if (wanted.current === null) return;
    const row = document.getElementById(anchorOf(wanted.current));
    wanted.current = null;
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'start' });
  });

  const toggle = (id: string): void => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const show = (id: string): void => {
    wanted.current = id;
    setNarrowing(wholeCatalog);
    setOpen(new Set(open).add(id));
  };

  return (
    <div className="models-view">
      <header className="models-head">
        <div>
          <h1>{modelsWords.heading}</h1>
          <p className="lead">{modelsWords.lead}</p>
        </div>
        <ModelsMachine />
      </header>
      <ModelsAnnouncer />
      <div className="models-body">
        <div className="models-column">
          <ModelsInUse />
          <ModelsKept />
        </div>
        <ModelsCatalog
          rows={rows}
          open={open}
          onToggle={toggle}
          narrowing={narrowing}
          onNarrow={setNarrowing}
        />
        <div className="models-column models-more">
          <ModelsOther open={open} onToggle={toggle} />
          <ModelsDisk />
        </div>
        <ModelsPublished onShow={show} />
      </div>
      <ModelsDrop />
    </div>
  );
}
