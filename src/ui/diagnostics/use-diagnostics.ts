import { useStore } from 'zustand';
import { type DiagnosticsState, diagnosticsStore } from '../../app/diagnostics-store.ts';
import { useLanguage } from '../language.ts';
import { type DiagnosticsDictionary, diagnosticsEn } from './diagnostics-en.ts';
import { diagnosticsZh } from './diagnostics-zh.ts';

/** One slice of what was found out; the component draws again when that slice changes. */
export function useDiagnostics<Slice>(select: (state: DiagnosticsState) => Slice): Slice {
  return useStore(diagnosticsStore, select);
}

/** Words of the diagnostics, in the page's language. */
export function useDiagnosticsWords(): DiagnosticsDictionary {
  return useLanguage().tag === 'zh' ? diagnosticsZh : diagnosticsEn;
}
