import { UpdateNotice } from './UpdateNotice.tsx';
import { WorkNotice } from './WorkNotice.tsx';
import './styles/app-notices.css';

/** What concerns the whole app rather than one view: cards above the page, one over the other. */
export function AppNotices() {
  return (
    <div className="app-notices">
      <WorkNotice />
      <UpdateNotice />
    </div>
  );
}
