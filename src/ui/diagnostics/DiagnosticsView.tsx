import '../styles/diagnostics.css';
import { useEffect } from 'react';
import { refreshDiagnostics } from '../../app/diagnostics-actions.ts';
import { makeReport, reportText } from '../../app/diagnostics-report.ts';
import { CopyButton } from '../CopyButton.tsx';
import { useApp } from '../use-app.ts';
import { DiagnosticsChecks } from './DiagnosticsChecks.tsx';
import { DiagnosticsErrors } from './DiagnosticsErrors.tsx';
import { DiagnosticsKept } from './DiagnosticsKept.tsx';
import { DiagnosticsLicences } from './DiagnosticsLicences.tsx';
import { DiagnosticsModel } from './DiagnosticsModel.tsx';
import { DiagnosticsSheets } from './DiagnosticsSheets.tsx';
import { DiagnosticsStorage } from './DiagnosticsStorage.tsx';
import { useDiagnostics, useDiagnosticsWords } from './use-diagnostics.ts';

/** What this browser and this machine offer, and whether it works. */
export function DiagnosticsView() {
  const words = useDiagnosticsWords();
  const devices = useApp((state) => state.devices);

  useEffect(() => {
    // Whether the adapter is a software one is found out when the page starts.
    if (devices !== null) refreshDiagnostics();
  }, [devices]);

  return (
    <div className="diagnostics-view">
      <header className="diagnostics-head">
        <div>
          <h1>{words.heading}</h1>
          <p className="lead">{words.lead}</p>
        </div>
        <CopyReport />
      </header>
      <DiagnosticsChecks />
      <div className="fact-sheets">
        <DiagnosticsSheets />
        <DiagnosticsStorage />
        <DiagnosticsKept />
        <DiagnosticsModel />
        <DiagnosticsErrors />
      </div>
      <DiagnosticsLicences />
    </div>
  );
}

/** Once the GPU and the storage have answered. */
function CopyReport() {
  const words = useDiagnosticsWords();
  const gpu = useDiagnostics((state) => state.gpu);
  const storage = useDiagnostics((state) => state.storage);
  if (gpu === null || storage === null) return <p className="muted">{words.asking}</p>;
  return (
    <div className="diagnostics-copy">
      <CopyButton text={() => reportText(makeReport(gpu, storage))} label={words.copyMarkdown} />
      <CopyButton
        text={() => JSON.stringify(makeReport(gpu, storage), null, 2)}
        label={words.copyJson}
      />
      <p className="diagnostics-note">{words.copyNote}</p>
    </div>
  );
}
