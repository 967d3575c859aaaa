import type { SeenRequest } from '../engine/request-log.ts';

/** What one host was asked. */
export interface HostRequests {
  readonly host: string;
  /** Whether it is the site that the app itself comes from. */
  readonly isOwn: boolean;
  /** Requests that left this machine, and all, those answered from what is kept here included. */
  readonly sent: number;
  readonly total: number;
  /** Bytes that were fetched from there, as far as they are known. */
  readonly bytes: number;
}

/** Requests, counted. */
export interface RequestSummary {
  readonly sent: number;
  readonly total: number;
  /** This site first, the others as they were first asked. */
  readonly hosts: readonly HostRequests[];
}

/** Counts requests by host; those that the browser or the service worker answered did not leave. */
export function summariseRequests(
  requests: readonly SeenRequest[],
  ownOrigin: string,
): RequestSummary {
  const own = new URL(ownOrigin).host;
  const byHost = new Map<string, HostRequests>();
  for (const request of requests) {
    const host = hostOf(request);
    const before = byHost.get(host) ?? { host, isOwn: host === own, sent: 0, total: 0, bytes: 0 };
    const sent = isSent(request) ? 1 : 0;
    byHost.set(host, {
      ...before,
      sent: before.sent + sent,
      total: before.total + 1,
      bytes: before.bytes + sent * (request.bytes ?? 0),
    });
  }
  const hosts = [...byHost.values()].toSorted((a, b) => Number(b.isOwn) - Number(a.isOwn));
  return {
    sent: hosts.reduce((sum, { sent }) => sum + sent, 0),
    total: requests.length,
    hosts,
  };
}

/** Host and port of a request's address. */
export function hostOf({ url }: SeenRequest): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Whether a request left this machine. */
function isSent({ via = 'network' }: SeenRequest): boolean {
  return via === 'network';
}

/** An address as it is shown: of this site's addresses the path alone. */
export function shownAddress({ url }: SeenRequest, ownOrigin: string): string {
  return url.startsWith(`${ownOrigin}/`) ? url.slice(ownOrigin.length) : url;
}

/** The list as JSON, for whoever wants to look at it elsewhere. It ends with a line break. */
export function requestsAsJson(requests: readonly SeenRequest[], openedAt: number): string {
  const written = requests.map(({ startedAt, ms, bytes, status, via = 'network', ...rest }) => ({
    at: new Date(startedAt).toISOString(),
    ...rest,
    via,
    status,
    bytes,
    ms: Math.round(ms),
  }));
  const whole = { version: 1, openedAt: new Date(openedAt).toISOString(), requests: written };
  return `${JSON.stringify(whole, null, 2)}\n`;
}
