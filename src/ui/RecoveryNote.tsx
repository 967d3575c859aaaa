import { useLanguage } from './language.ts';
import { type RecoveryDictionary, recoveryEn } from './recovery-en.ts';
import { recoveryZh } from './recovery-zh.ts';

interface Props {
  /** What happened. */
  readonly code: keyof RecoveryDictionary['goesOn'];
  /** Whether the run is still under way. */
  readonly goesOn: boolean;
}

/** Says that a run was interrupted, by what, and that nothing of it was lost. */
export function RecoveryNote({ code, goesOn }: Props) {
  const words = useLanguage().tag === 'zh' ? recoveryZh : recoveryEn;
  return (
    <p className="notice" role="status">
      {words[goesOn ? 'goesOn' : 'wentOn'][code]}
    </p>
  );
}
