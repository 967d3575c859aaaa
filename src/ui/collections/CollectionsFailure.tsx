import type { ComponentProps, ReactNode } from 'react';
import { FailureNotice } from '../FailureNotice.tsx';
import { useLanguage } from '../language.ts';
import { useImportWords } from './import-language.ts';
import { useCollectionWords } from './use-collections.ts';

/**
 * What went wrong with collections. Here it is another worker that stops than the one that scores,
 * and it is not models alone that there is no room for.
 */
export function CollectionsFailure(props: ComponentProps<typeof FailureNotice>) {
  const { stopped } = useImportWords();
  const { failures } = useCollectionWords();
  const { words } = useLanguage();
  const { failure, lead, children } = props;
  switch (failure.code) {
    case 'worker-crashed':
      return <Notice lead={lead} said={stopped} more={children} />;
    case 'storage-full':
      return <Notice lead={lead} said={failures['storage-full']} more={children} />;
    case 'storage-unavailable':
      return (
        <Notice
          lead={lead}
          said={failures['storage-unavailable']}
          more={
            <>
              {failure.detail !== '' && (
                // It alone tells what to do: which tab to close, or which version to get.
                <details open>
                  <summary>{words.detail}</summary>
                  <p className="mono">{failure.detail}</p>
                </details>
              )}
              {children}
            </>
          }
        />
      );
    default:
      return <FailureNotice {...props} />;
  }
}

interface NoticeProps {
  readonly lead: string | undefined;
  readonly said: string;
  readonly more: ReactNode;
}

function Notice({ lead, said, more }: NoticeProps) {
  return (
    <div className="notice notice-bad" role="alert">
      {lead !== undefined && <p className="notice-lead">{lead}</p>}
      <p>{said}</p>
      {more}
    </div>
  );
}
