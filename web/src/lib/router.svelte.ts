// The only router: which page the address names, and how to go elsewhere without loading anew.

export type Page = 'calls' | 'call' | 'live' | 'phones' | 'storage' | 'set-up' | 'unknown';

interface Place {
  page: Page;
  id: string; // of the call, for the page 'call'
  path: string;
  query: URLSearchParams;
  hash: string;
}

function read(): Place {
  const { pathname, search, hash } = window.location;
  const place = { id: '', path: pathname, query: new URLSearchParams(search), hash };
  const [first = '', second = '', third] = pathname.split('/').slice(1);
  if (third) return { ...place, page: 'unknown' };
  if (first === 'calls' && second) return { ...place, page: 'call', id: decode(second) };
  if (second) return { ...place, page: 'unknown' };
  if (first === '' || first === 'calls') return { ...place, page: 'calls' };
  if (first === 'live' || first === 'phones' || first === 'storage' || first === 'set-up') {
    return { ...place, page: first };
  }
  return { ...place, page: 'unknown' };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let place = $state.raw(read());

export const router = {
  get place() {
    return place;
  },
};

export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(history.state, '', address);
  const samePage = place.path === window.location.pathname;
  place = read();
  if (!samePage) window.scrollTo(0, 0);
}

// Plain links inside the pages go through the router; everything else is the browser's.
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.('a');
  if (!link || link.origin !== window.location.origin) return;
  if (link.target || link.hasAttribute('download') || link.pathname.startsWith('/api/')) return;
  if (link.hash && link.pathname === window.location.pathname) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
}

window.addEventListener('popstate', () => {
  place = read();
});
