import { formatDocuments } from '../io/pasted-documents.ts';
import { decodeShare, encodeShare, type ShareLink } from '../io/share-link.ts';
import { embeddedModel } from '../models/embedded-model.ts';
import { cascadePlanOf } from './cascade-plan.ts';
import { pastedDocuments } from './input-view.ts';
import { replaceInput, rerank } from './rerank-actions.ts';
import { type Failure, store } from './store.ts';

/**
 * A link to this page with what is in the boxes and the settings that decide their order, all in
 * the fragment, which is sent to nobody. Null while the documents cannot be read.
 * @throws RerankError `too-large`
 */
export async function makeShareLink(): Promise<(ShareLink & { readonly url: string }) | null> {
  const state = store.getState();
  const pasted = pastedDocuments(state);
  if (!pasted.ok) return null;
  const { longDocuments, maxLength, model } = state.settings;
  const plan = cascadePlanOf(state.settings, pasted.documents.length);
  const link = await encodeShare({
    version: 1,
    query: state.query,
    documents: pasted.documents,
    model,
    longDocuments,
    maxLength,
    order: state.order,
    ...(plan !== null && { cascade: { fast: plan.fast, depth: plan.depth } }),
  });
  const page = `${location.origin}${location.pathname}${location.search}`;
  return { ...link, url: link.ok ? page + link.fragment : page };
}

/**
 * Puts what a link carries into the boxes and ranks it; text of the user's own can be brought
 * back. How documents are read holds until the page is left; the model is only named, and another
 * cascade only told of, since a stranger's link must not start a download.
 */
export async function openShared(hash: string): Promise<void> {
  store.setState({ view: 'rerank' });
  const decoded = await decodeShare(hash);
  // The boxes are the truth from now on, and not before (the page may be loaded again meanwhile):
  // a reload must not bring the link's text again.
  if (location.hash === hash) history.replaceState(null, '', '#/');
  if (!decoded.ok) {
    store.setState({ inputFailure: { code: failureCodes[decoded.problem], detail: '' } });
    return;
  }
  const { query, documents, model, longDocuments, maxLength, order, cascade } = decoded.input;
  const { text } = formatDocuments(documents);
  const { settings } = store.getState();
  const plan = cascadePlanOf(settings, documents.length);
  const otherModel = model === settings.model ? null : (model ?? embeddedModel.id);
  store.setState({
    ...replaceInput({ query, documentsText: text, layout: 'auto' }),
    opened: {
      otherModel,
      otherCascade: plan?.fast !== cascade?.fast || plan?.depth !== cascade?.depth,
    },
    order,
    settings: { ...settings, longDocuments, maxLength },
  });
  await rerank();
}

const failureCodes: Readonly<Record<'damaged' | 'newer-version' | 'too-large', Failure['code']>> = {
  damaged: 'link-damaged',
  'newer-version': 'link-newer',
  'too-large': 'link-too-large',
};
