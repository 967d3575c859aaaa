import type { ComponentProps } from 'react';
import { FailureNotice } from '../FailureNotice.tsx';
import { useImportWords } from './import-language.ts';

/** What went wrong with collections. Here it is another worker that stops than the one that scores. */
export function CollectionsFailure(props: ComponentProps<typeof FailureNotice>) {
  const { stopped } = useImportWords();
  const { failure, lead, children } = props;
  if (failure.code !== 'worker-crashed') return <FailureNotice {...props} />;
  return (
    <div className="notice notice-bad" role="alert">
      {lead !== undefined && <p className="notice-lead">{lead}</p>}
      <p>{stopped}</p>
      {children}
    </div>
  );
}
