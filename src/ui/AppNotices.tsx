import { UpdateNotice } from './UpdateNotice.tsx';
import { WorkNotice } from './WorkNotice.tsx';

/** What concerns the whole app rather than one view. */
export function AppNotices() {
  return (
    <>
      <UpdateNotice />
      <WorkNotice />
    </>
  );
}
