// The pages that exist, in the order of the rail, each with its live count.
import { box } from './box.svelte';
import { session } from './session.svelte';
import type { Page } from './router.svelte';

interface Entry {
  name: string;
  href: string;
  holds: Page[];
  count: string;
}

export function pages(): Entry[] {
  const registered = box.extensions.filter((extension) => extension.registered).length;
  const live = box.calls.length;
  const all: Entry[] = [
    { name: 'Calls', href: '/calls', holds: ['calls', 'call'], count: '' },
    { name: 'Live', href: '/live', holds: ['live'], count: live ? String(live) : '' },
    {
      name: 'Phones',
      href: '/phones',
      holds: ['phones'],
      count: box.extensions.length ? `${registered}/${box.extensions.length}` : '',
    },
  ];
  if (session.may('system.see')) {
    all.push({ name: 'Storage', href: '/storage', holds: ['storage'], count: '' });
  }
  return all;
}

export function isCurrent(entry: Entry, page: Page): boolean {
  return entry.holds.includes(page);
}
